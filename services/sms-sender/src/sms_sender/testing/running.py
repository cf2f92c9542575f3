"""Starts a sender over real HTTP, a carrier on the other side."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from common import http, topics
from common.bus import Bus
from common.config import ConfigReader
from common.config.store import save
from common.database import Database
from common.process import web
from common.process.runtime import Runtime
from common.process.service import running
from common.process.settings import CommonSettings
from common.testing.ports import free_port
from sandbox.carrier import Carrier
from sandbox.faults import Faults
from sandbox.messages import Account
from sandbox.server import listen
from sandbox.serving import serve
from sms_sender.app import SmsSender, service
from sms_sender.testing.facts import NUMBERS, PEPPER, TOKEN, WORKSPACE, documents, sid
from sms_sender.testing.stack import Shifted, Stack


@asynccontextmanager
async def sending(
    database_url: str,
    bus: Callable[[Database], Bus],
    *,
    workspaces: Sequence[str] = (WORKSPACE,),
    carrier_account: Mapping[str, Any] | None = None,
    faults: Faults | None = None,
    account: Mapping[str, Any] | None = None,
    sender: Mapping[str, Any] | None = None,
) -> AsyncIterator[Stack]:
    """A carrier, and a sender set up for it; `AFTERCALL_SECRET_CARRIER_TOKEN` must be `TOKEN`."""
    port = free_port()
    public_url = f"http://127.0.0.1:{port}"
    accounts = {sid(w): _account(w, public_url, carrier_account or {}) for w in workspaces}
    async with AsyncExitStack() as stack:
        db = await Database.connect(database_url, size=12)
        stack.push_async_callback(db.close)
        carrier = await stack.enter_async_context(
            serve(Carrier, accounts=accounts, faults=faults or Faults(), webhook_tries=0)
        )
        for workspace in workspaces:
            given = documents(carrier.base_url, workspace=workspace, account=account, sender=sender)
            async with db.transaction() as connection:
                await save(connection, given, by="test")
        runtime = await stack.enter_async_context(_runtime(db, bus(db), public_url=public_url))
        app = web.application([service], None)
        await stack.enter_async_context(running(app, runtime, [service]))
        await stack.enter_async_context(listen(app, "127.0.0.1", port))
        yield Stack(runtime=runtime, carrier=carrier, sender=app.state.parts[SmsSender])


def _account(workspace: str, public_url: str, changes: Mapping[str, Any]) -> Account:
    inbound = f"{public_url}/v1/sms/callbacks/main/inbound"
    return Account(TOKEN, numbers=(NUMBERS[workspace],), inbound_url=inbound, **changes)


@asynccontextmanager
async def _runtime(db: Database, bus: Bus, *, public_url: str) -> AsyncIterator[Runtime]:
    settings = {
        "database_url": "postgresql://given",
        "contact_pepper": PEPPER,
        "public_url": public_url,
    }
    await bus.create_topics(topics.partitions())
    async with http.client() as client:
        yield Runtime(
            settings=CommonSettings.model_validate(settings),
            db=db,
            bus=bus,
            http=client,
            config=ConfigReader(db),
            clock=Shifted(),
        )
    await bus.close()
