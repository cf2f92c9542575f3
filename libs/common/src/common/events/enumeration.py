"""The base of every enumeration that is stored or published: open to read, closed to write.

A version must read what the next one wrote. So a word that it does not know is `unknown`, wherever
msgspec decodes one: in events, in stored bytes, as the key of a mapping. Who writes to us is held
to the words there are: pydantic refuses others, and names them.
"""

from enum import StrEnum
from inspect import cleandoc
from typing import Any, Final

from pydantic import (
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from common.telemetry.metrics import UNKNOWN_WORDS

TOLERANT: Final = "tolerant"  # pydantic's context where something stored is read
_UNKNOWN = "unknown"
_NOT_SAID = "`unknown`: a word of a newer version; never to be sent to us."


class OpenEnum(StrEnum):
    """Each has `UNKNOWN = "unknown"`. `said`: it means something, so that others may write it."""

    __said__: bool

    def __init_subclass__(cls, *, said: bool = False) -> None:
        super().__init_subclass__()
        cls.__said__ = said

    @classmethod
    def _missing_(cls, value: object) -> Any:
        """What any look-up by a word gets that this version does not know."""
        if not isinstance(value, str):
            return None
        UNKNOWN_WORDS.labels(cls.__name__).inc()
        return cls(_UNKNOWN)

    @classmethod
    def words(cls) -> tuple[str, ...]:
        """Those that others may write."""
        return tuple(str(one) for one in cls if cls.__said__ or str(one) != _UNKNOWN)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: Any, known: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
            tolerant = info.context == TOLERANT and isinstance(value, str)
            return cls(value if tolerant else known(value))

        return core_schema.with_info_wrap_validator_function(
            read,
            core_schema.literal_schema([*cls.words()]),  # not its own: that one asks `_missing_`
            ref=f"{cls.__module__}.{cls.__qualname__}",
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """What we write may be read from what a newer version wrote."""
        writing = handler.mode == "serialization"
        text = cleandoc(cls.__doc__ or "")
        if writing and not cls.__said__:
            text = f"{text} {_NOT_SAID}".strip()
        return {
            **({"description": text} if text else {}),
            "title": cls.__name__,
            "type": "string",
            "enum": [str(one) for one in cls] if writing else list(cls.words()),
        }
