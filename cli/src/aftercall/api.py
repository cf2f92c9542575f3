"""The REST API as the command line uses it: a URL, a key, and problems told in words."""

import os
from collections.abc import Mapping
from typing import Any

import httpx


class ApiProblem(Exception):
    """The platform refused or could not be reached; `errors` are (field, message)."""

    def __init__(self, text: str, errors: list[tuple[str, str]] | None = None) -> None:
        super().__init__(text)
        self.errors = errors or []


def default_url() -> str:
    return os.environ.get("AFTERCALL_URL", "http://127.0.0.1:8080")


class Api:
    """A client of one platform. `key` is an API key, `ac_...`."""

    def __init__(self, url: str, key: str, *, timeout: float = 30.0) -> None:
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=timeout
        )
        self._url = url

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
            answer = self._http.request(method, path, params=params, json=json)
        except httpx.TransportError as error:
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
        )
