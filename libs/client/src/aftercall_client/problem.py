"""What the platform refuses (RFC 9457), and what could not be reached."""

from typing import Any

import httpx


class Problem(Exception):
    """An answer that is no success.

    `code`: a word of `contracts/problems.md`, or `http_502` where something else answered.
    `errors`: each wrong field as (dotted path, what is wrong with it). `request_id`: by which the
    operator of the platform finds the request in the logs.
    """

    def __init__(self, response: httpx.Response) -> None:
        body = _body(response)
        self.status = response.status_code
        self.code = str(body.get("type", "")).rpartition(":")[2] or f"http_{self.status}"
        self.title = str(body.get("title") or response.reason_phrase)
        self.detail = str(body.get("detail") or "")
        self.errors = [
            (str(one.get("field", "")), str(one.get("message", "")))
            for one in body.get("errors") or ()
            if isinstance(one, dict)
        ]
        self.request_id = response.headers.get("x-request-id", "")
        told = [f"{self.status} {self.title}", self.detail]
        told += [f"{field}: {why}" if field else why for field, why in self.errors]
        super().__init__("; ".join(part for part in told if part))


class Unreachable(Exception):
    """No answer came: the network, the time that was given, or an answer that is no HTTP."""


def _body(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
