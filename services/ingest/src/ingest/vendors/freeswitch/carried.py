"""How a FreeSWITCH record travels: JSON or XML, plain, as a form, in base64; values encoded."""

import base64
import binascii
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from ingest.domain.body import Body, Malformed
from ingest.domain.markup import tree_of

_PROFILES = ("originator", "originatee")


def body_of(raw: bytes) -> Body:
    """mod_json_cdr's shape, of whichever module. Raises `BadInput`.

    The content type cannot be trusted: with `disable-100-continue` curl's default is sent.
    """
    raw = raw.lstrip(b"\xef\xbb\xbf \t\r\n")
    if raw.startswith(b"cdr="):
        raw = _unpacked(raw[4:].strip())
    if raw.startswith(b"<"):
        return Body.wrapping(_as_json_has_it(tree_of(raw)), "")
    return Body.of(raw)


def _unpacked(text: bytes) -> bytes:
    """Of `cdr=`: as it is, percent-encoded, or base64."""
    if text.startswith((b"{", b"<")):
        return text  # its values may be encoded once more: see `variables_of`
    if text[:3].lower() in (b"%7b", b"%3c"):
        return unquote_to_bytes(text)
    try:
        return base64.b64decode(unquote_to_bytes(text), validate=True)
    except binascii.Error:
        raise Malformed.at("cdr", "neither JSON, XML nor base64") from None


def variables_of(body: Body) -> Body:
    """`encode-values`, the default, percent-encodes values here and nowhere else."""
    variables = body.part("variables")
    plain = {
        name: unquote(value) if isinstance(value, str) else value
        for name, value in variables.values.items()
    }
    return Body(plain, variables.at)


def _as_json_has_it(tree: dict[str, Any]) -> object:
    """mod_xml_cdr names each profile where mod_json_cdr has a list of them."""
    cdr = tree.get("cdr")
    for flow in Body(cdr if isinstance(cdr, dict) else {}).parts("callflow"):
        for which in _PROFILES:
            listed = flow.part("caller_profile").part(which).values
            one = listed.get(f"{which}_caller_profile")
            if one is not None and isinstance(listed, dict):
                listed[f"{which}_caller_profiles"] = one if isinstance(one, list) else [one]
    return cdr
