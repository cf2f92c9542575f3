"""The REST API as the command line uses it: a URL, a key, and problems in words."""

from collections.abc import Mapping
from typing import Any

import httpx

from aftercall.errors import Trouble

URL = "http://127.0.0.1:8080"  # where `aftercall up` answers
_NO_TLS = "what is there speaks http, not https"
_EMPTY = ("422 Invalid body", "422 Invalid request")  # titles that say no more than the errors
_TODO: Mapping[int, str] = {
    401: "Is it a key of this platform, whole and not revoked? `aftercall keys create` makes one.",
    403: "`aftercall keys create --help` says what each scope is for.",
    429: "Too much at once: wait a little.",
    503: "The platform is there, and its database or broker is away: `aftercall doctor` looks.",
}


class ApiProblem(Trouble):
    """The platform refused or could not be reached; `errors` are (field, message).

    `status` None: it could not be reached.
    """

    def __init__(
        self,
        text: str,
        errors: list[tuple[str, str]] | None = None,
        *,
        status: int | None = None,
    ) -> None:
        super().__init__(text)
        self.errors = errors or []
        self.status = status

    def said(self) -> str:
        """Without what is the protocol's: who types a command has written no body and no query."""
        named = [
            (field.removeprefix("query.").removeprefix("path."), why) for field, why in self.errors
        ]
        fields = [f"{field}: {why}" if field else why for field, why in named]
        if fields and str(self) not in _EMPTY:
            fields = [str(self), *(f"  {line}" for line in fields)]
        todo = _TODO.get(self.status or 0)
        return "\n".join([*(fields or [str(self)]), *([todo] if todo else [])])


class Api:
    """A client of one platform. `key` is an API key, `ac_...`. Raises `Trouble` for another."""

    def __init__(self, url: str, key: str, *, timeout: float = 30.0) -> None:
        odd = sorted({char for char in key if not "!" <= char <= "~"})
        if odd:
            named = ", ".join(f"{char!r} (U+{ord(char):04X})" for char in odd)
            raise Trouble(f"the key has a character that no key has: {named}; copy it again")
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"}
        self._timeout = timeout

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
    ) -> Any:
        """The decoded answer. Raises `ApiProblem`."""
        if not self._url.startswith(("http://", "https://")):
            raise ApiProblem(f"{self._url} is no address: it begins with http:// or https://")
        try:
            answer = httpx.request(
                method,
                f"{self._url}{path}",
                params=params,
                json=json,
                headers=self._headers,
                timeout=self._timeout,
            )
        except (httpx.TransportError, httpx.InvalidURL, UnicodeError) as error:
            why = _NO_TLS if "WRONG_VERSION_NUMBER" in str(error) else error
            raise ApiProblem(
                f"no platform answers at {self._url} ({why}); `aftercall up` starts one, and"
                " --url or AFTERCALL_URL names another"
            ) from None
        if answer.is_success and not answer.content:
            return None
        try:
            body = answer.json()
        except ValueError:
            body = None
        if answer.is_success and body is not None:
            return body
        raise _refused(answer, body if isinstance(body, dict) else {}, self._url)


def _refused(answer: httpx.Response, body: Mapping[str, Any], url: str) -> ApiProblem:
    if not body:
        said = f"{answer.status_code} {answer.reason_phrase}: some other server answers at {url};"
        return ApiProblem(
            f"{said} `aftercall up` prints the address of Aftercall", status=answer.status_code
        )
    text = ": ".join(str(body[part]) for part in ("title", "detail") if body.get(part))
    errors = body.get("errors")
    return ApiProblem(
        f"{answer.status_code} {text or answer.reason_phrase}",
        [
            (str(error.get("field", "")), str(error.get("message", "")))
            for error in (errors if isinstance(errors, list) else [])
            if isinstance(error, dict)
        ],
        status=answer.status_code,
    )
