"""The REST API as the command line uses it: a URL, a key, and problems in words."""

import os
from collections.abc import Mapping
from typing import Any

import httpx


class ApiProblem(Exception):
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


def default_url() -> str:
    return os.environ.get("AFTERCALL_URL", "http://127.0.0.1:8080")


class Api:
    """A client of one platform. `key` is an API key, `ac_...`."""

    def __init__(self, url: str, key: str, *, timeout: float = 30.0) -> None:
        self._url = url
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
        try:
            answer = httpx.request(
                method,
                f"{self._url}{path}",
                params=params,
                json=json,
                headers=self._headers,
                timeout=self._timeout,
            )
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise ApiProblem(f"no platform answers at {self._url} ({error})") from None
        if answer.is_success:
            return answer.json() if answer.content else None
        try:
            body = answer.json()
        except ValueError:
            body = {}
        text = ": ".join(str(body[part]) for part in ("title", "detail") if body.get(part))
        raise ApiProblem(
            f"{answer.status_code} {text or answer.reason_phrase}",
            [(error["field"], error["message"]) for error in body.get("errors", [])],
            status=answer.status_code,
        )
