"""The phone beside a platform of one's own: any call, and phones that outlive the process."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from sandbox.carrier import Carrier
from sandbox.phone.serving import serve
from sandbox.phone.switch import Platform
from sandbox.receiver import Receiver
from sandbox.whatsapp import endpoints as meta

OURS = "+12025550190"
CALL = {"queue": "returns", "agent": "Ann", "number": "+12025550123", "agrees": False}


@asynccontextmanager
async def page(
    carrier: Carrier, platform: Receiver, folder: Path
) -> AsyncIterator[httpx.AsyncClient]:
    told = Platform(
        url=platform.url,
        calls=f"{platform.url}/calls",
        token="pbx-token",
        key="ac_key",
        workspace="w",
    )
    async with (
        meta.serve([]) as whatsapp,
        serve(carrier, whatsapp, told, console="/console", own=True, folder=folder) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, verify=False) as client,
    ):
        yield client


async def test_any_queue_agent_and_number_may_have_been_called(
    carrier: Carrier, platform: Receiver, tmp_path: Path
) -> None:
    platform.answers.append((202, "application/json", '{"interaction_id": "i-1"}'))
    async with page(carrier, platform, tmp_path) as http:
        choices = (await http.get("/choices")).json()
        token = (await http.post("/phones")).json()["id"]
        answer = await http.post(f"/phones/{token}/ended-calls", json=CALL)

    (told,) = platform.requests
    call = json.loads(told.body)["data"]
    # Nobody told of flows: then there is something to begin with.
    assert (choices["own"], choices["flows"], choices["queues"][0]) == (True, 0, "billing")
    assert answer.status_code == 202
    assert (call["user"]["name"], call["number"]["name"], call["tags"]) == ("Ann", "returns", [])
    assert call["number"]["digits"].replace(" ", "").replace("-", "") == "+12025550123"


@pytest.mark.parametrize("number", ["12", "anonymous", "+1202555019x"])
async def test_what_is_no_number_was_not_called(
    carrier: Carrier, platform: Receiver, tmp_path: Path, number: str
) -> None:
    async with page(carrier, platform, tmp_path) as http:
        token = (await http.post("/phones")).json()["id"]
        answer = await http.post(f"/phones/{token}/ended-calls", json=CALL | {"number": number})

    assert (answer.status_code, platform.requests) == (422, [])


async def test_a_phone_is_as_it_was_when_it_comes_back(
    carrier: Carrier, platform: Receiver, api: httpx.AsyncClient, tmp_path: Path
) -> None:
    async with page(carrier, platform, tmp_path) as http:
        before = (await http.post("/phones")).json()
        form = {"To": before["number"], "From": OURS, "Body": "1 to 5?"}
        assert (await api.post("/Messages.json", data=form)).status_code == 201
        await carrier.settled()
    (tmp_path / "12.json").write_text("{")  # one that is none
    async with page(carrier, platform, tmp_path) as http:
        same = (await http.get(f"/phones/{before['id']}")).json()
        other = (await http.post("/phones")).json()
        answered = await http.post(f"/phones/{before['id']}/texts", json={"to": OURS, "body": "5"})

    assert same == before
    assert other["number"] != before["number"]
    assert answered.status_code == 202  # who texted is known, too
