"""The outside world of `aftercall up --sandbox`: over real HTTP, on loopback, with no account."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import yaml

from aftercall.platform import Platform as Running
from aftercall.sandbox import keeping
from aftercall.sandbox.keeping import Kept
from orchestrator.service.configuration.keys import create_key
from sandbox.carrier import Carrier
from sandbox.messages import Account
from sandbox.phone import serving as phone
from sandbox.phone.switch import Platform
from sandbox.serving import serve
from sandbox.whatsapp import endpoints as meta
from sandbox.whatsapp.cloud import Business, WhatsApp

WORKSPACE, SOURCE = "sandbox", "sandbox-pbx"
SID = "AC50000000000000000000000000000000"
SENDERS = ("+16465550150", "+13125550151")
BUSINESS, CHAT_ID, CHATS = "102290129340399", "106540352242999", "+13475550160"
PACE = 0.2  # seconds from one status to the next


@dataclass(frozen=True, slots=True)
class Outside:
    """The carrier and WhatsApp, which are there before the platform looks for them."""

    kept: Kept
    carrier: Carrier
    whatsapp: WhatsApp


@asynccontextmanager
async def outside(url: str, data: Path) -> AsyncIterator[Outside]:
    """Until the block ends. `url`: where the platform will answer."""
    kept = keeping.kept(data)
    async with _carrier(url, kept) as carrier, _whatsapp(url, kept) as whatsapp:
        yield Outside(kept, carrier, whatsapp)


@asynccontextmanager
async def phone_of(around: Outside, up: Running, data: Path) -> AsyncIterator[dict[str, str]]:
    """The workspace, with what people made in it; where the phone is, and where calls go."""
    kept = around.kept
    if not await _is_known(up, kept.key):
        async with up.runtime.db.transaction() as connection:
            kept.key = await create_key(
                connection, name="sandbox", scopes=["admin"], workspace=None
            )
        keeping.keep(data, kept)
    await _configure(up, around)
    calls = f"{up.url}/v1/sources/{SOURCE}/calls?key={kept.pbx}"
    platform = Platform(url=up.url, calls=calls, token=kept.pbx, key=kept.key, workspace=WORKSPACE)
    async with phone.serve(
        around.carrier,
        around.whatsapp,
        platform,
        console=f"{up.url}/console",
        own=True,
        folder=keeping.phones(data),
        port=keeping.port_of(kept, "phone"),
    ) as address:
        urls = (around.carrier.base_url, around.whatsapp.base_url, address)
        kept.ports = {
            part: int(url.rpartition(":")[2]) for part, url in zip(keeping.PARTS, urls, strict=True)
        }
        kept.url = up.url
        keeping.keep(data, kept)
        yield {"phone": address, "calls": calls}


def _carrier(url: str, kept: Kept) -> Any:
    account = Account(
        kept.token, numbers=SENDERS, inbound_url=f"{url}/v1/sms/callbacks/sandbox-texts/inbound"
    )
    return serve(
        Carrier,
        accounts={SID: account},
        port=keeping.port_of(kept, "carrier"),
        pace=PACE,
        control=False,
    )


def _whatsapp(url: str, kept: Kept) -> Any:
    business = Business(
        id=BUSINESS,
        token=kept.token,
        secret=kept.token,
        webhook=f"{url}/v1/whatsapp/callbacks/sandbox-whatsapp",
        numbers={CHAT_ID: CHATS},
    )
    return meta.serve([business], port=keeping.port_of(kept, "whatsapp"), pace=PACE)


async def _configure(up: Running, around: Outside) -> None:
    """The first time everything; later only where its accounts are reached, if that has moved."""
    key = around.kept.key
    addresses = {
        "sandbox-texts": around.carrier.base_url,
        "sandbox-voice": around.carrier.base_url,
        "sandbox-whatsapp": around.whatsapp.base_url,
    }
    known = await _call(up, key, "GET", "/v1/workspaces")
    if WORKSPACE not in {one["id"] for one in known["workspaces"]}:
        await _call(up, key, "PUT", "/v1/config", json=_first(addresses), workspace=WORKSPACE)
        return
    told = await _call(up, key, "GET", "/v1/config", workspace=WORKSPACE)
    moved = [
        {**one, "base_url": addresses[one["id"]]}
        for one in told.get("accounts", ())
        if one.get("base_url") != addresses.get(one["id"], one.get("base_url"))
    ]
    if moved:
        body = {"accounts": moved}
        await _call(up, key, "PUT", "/v1/config", json=body, workspace=WORKSPACE)


def _first(addresses: dict[str, str]) -> Any:
    body = yaml.safe_load(resources.files(__package__).joinpath("sandbox.yaml").read_text("utf-8"))
    texts, voice, chats = body["accounts"]
    texts["senders"] = [{"number": number, "per_second": 10} for number in SENDERS]
    voice["senders"] = [{"number": SENDERS[0], "per_second": 2}]
    chats["senders"] = [{"number": CHATS, "phone_number_id": CHAT_ID, "per_second": 10}]
    for account in body["accounts"]:
        account["base_url"] = addresses[account["id"]]
    return body


async def _is_known(up: Running, key: str) -> bool:
    """It may have been revoked, as any key."""
    return bool(key) and (await _asked(up, key, "GET", "/v1/workspaces")).status_code != 401


async def _call(up: Running, key: str, method: str, path: str, **more: Any) -> Any:
    """The platform's answer. Raises `RuntimeError` for what is none."""
    answer = await _asked(up, key, method, path, **more)
    if not answer.is_success:
        raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
    return answer.json()


async def _asked(
    up: Running, key: str, method: str, path: str, *, json: Any = None, **params: str
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return await up.runtime.http.request(
        method, f"{up.url}{path}", params=params, json=json, headers=headers
    )
