"""Who holds the phone of the sandbox: ends a call, waits and answers, as its page does."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

PATIENCE = 60.0  # seconds for whatever is to happen
CALLED = {"agent": "Asha Rao", "number": "+12025550190", "agrees": True}
Told = dict[str, Any]


class Person:
    """On the phone at this address, with a number of their own."""

    def __init__(self, address: str) -> None:
        self._http = httpx.Client(base_url=address, timeout=PATIENCE, trust_env=False)
        taken = self._http.post("/phones").json()
        self.number: str = taken["number"]
        self._path = f"/phones/{taken['id']}"
        self._seen = 0

    def answers_by_text(self, queue: str, *texts: str) -> None:
        self._ends(queue)
        for text in texts:
            came = self._waits("text")
            self._does("texts", to=came["sender"], body=text)

    def answers_by_whatsapp(self, queue: str, choice: str) -> None:
        """Its template is not there in the first seconds after the flow is: then once more."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            self._ends(queue)
            came = self._waits("chat", "trouble")
            if came["kind"] == "chat":
                return self._does("taps", chat=came["id"], title=choice)
        raise SystemExit(f"no WhatsApp message came within {PATIENCE:.0f} seconds")

    def answers_by_telephone(self, queue: str, key: str) -> None:
        self._ends(queue)
        self._waits("ringing")
        self._does("call", does="pick_up")
        while not self._waits("said")["keys"]:
            pass
        self._does("call", does="press", key=key)
        self._waits("over")

    def _ends(self, queue: str) -> None:
        self._does("ended-calls", queue=queue, **CALLED)

    def _does(self, what: str, **body: Any) -> None:
        answer = self._http.post(f"{self._path}/{what}", json=body)
        if answer.status_code != 202:
            raise SystemExit(f"the phone refused {what}: {answer.text}")

    def _waits(self, *kinds: str) -> Told:
        """The next that happens of these. Raises `SystemExit` after a while."""
        ends = time.monotonic() + PATIENCE
        with self._stream() as lines:
            for line in lines:
                if line.startswith("id: "):
                    self._seen = int(line.removeprefix("id: "))
                elif line.startswith("data: "):
                    told: Told = json.loads(line.removeprefix("data: "))
                    if told["kind"] in kinds:
                        return told
                if time.monotonic() > ends:
                    break
        raise SystemExit(f"nothing of {', '.join(kinds)} came within {PATIENCE:.0f} seconds")

    @contextmanager
    def _stream(self) -> Iterator[Iterator[str]]:
        headers = {"Last-Event-ID": str(self._seen)}
        path = f"{self._path}/happenings"
        with self._http.stream("GET", path, headers=headers) as stream:
            yield stream.iter_lines()
