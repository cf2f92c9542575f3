"""A running gateway over real PostgreSQL and HTTP, and the telephone network on the other side."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from channel.store import contacts
from channel.store.contacts import Consent
from common import events, http, topics
from common.bus import Message
from common.bus.pglog import PgLogBus
from common.config import ConfigReader
from common.config.store import save
from common.database import Database
from common.events.consent import ConsentState
from common.events.questionnaire import Question, QuestionKind, Questionnaire
from common.events.responses import Response
from common.events.sends import Step, StepCancelled
from common.events.values import Channel, Metric
from common.process import web
from common.process.runtime import Runtime
from common.process.service import running
from common.process.settings import CommonSettings
from common.testing.ports import free_port
from common.time import utc_now
from ivr_gateway.app import IvrGateway, service
from ivr_gateway.providers.plivo import PlivoVoice
from sandbox.carrier import Carrier
from sandbox.ledger import CallRequest, CallStatus, Heard, Pressed, only
from sandbox.messages import Account
from sandbox.server import listen
from sandbox.serving import serve
from sandbox.voice.endpoints import callee_of
from sandbox.voice.switchboard import NETWORKS
from sandbox.webhooks import Event
from sms_sender.testing import (
    CALLER,
    OURS,
    PEPPER,
    TOKEN,
    WORKSPACE,
    Shifted,
    documents,
    enveloped,
    sid,
    step,
    until,
)

F = TypeVar("F")


def rating(id: str, text: str, low: int, high: int, **more: Any) -> Question:
    return Question(id=id, kind=QuestionKind.RATING, text=text, low=low, high=high, **more)


def survey(*questions: Question, metric: Metric = Metric.CSAT, **changes: Any) -> Questionnaire:
    return Questionnaire(
        survey_id="after-call",
        survey_version=1,
        metric=metric,
        language="en",
        brand="Acme",
        questions=questions,
        **changes,
    )


NONE = "Sorry, we have no survey for you at the moment. Goodbye."
CSAT = survey(
    rating("score", "How was your call?", 1, 5),
    Question(id="why", kind=QuestionKind.COMMENT, text="Why?"),
)
CES = survey(rating("score", "It was easy.", 1, 7), metric=Metric.CES)
NPS = survey(rating("score", "Would you recommend us?", 0, 10), metric=Metric.NPS)


def call_step(number: str = CALLER, *, questionnaire: Questionnaire = CSAT, **more: Any) -> Step:
    return step(number, channel=Channel.IVR, questionnaire=questionnaire, **more)


@dataclass(slots=True, kw_only=True)
class Line:
    """The running gateway, its database, and what the network saw."""

    runtime: Runtime
    carrier: Carrier
    gateway: IvrGateway
    network: str

    def callee(self, number: str = CALLER, **habits: Any) -> None:
        self.carrier.switchboard.callees[number] = callee_of(habits)

    async def publish(self, *facts: Step | StepCancelled, workspace: str = WORKSPACE) -> None:
        await self.runtime.bus.publish(
            [
                Message(topics.STEPS_IVR, str(fact.contact_id).encode(), events.encode(event))
                for fact in facts
                for event in [enveloped(fact, workspace=workspace)]
            ]
        )

    async def post(
        self, asked: Step, what: str, *, call: str | None = None, turn: int = 0, **told: str
    ) -> str:
        """What the network is answered when it tells that of the call of this step."""
        name = call or (await self.row(asked.id))["provider_message_id"]
        url = f"{self.runtime.settings.public_url}/v1/ivr/callbacks/main/{what}/{asked.id}"
        form = {"CallStatus": "in-progress", "From": OURS, "To": asked.address, **told}
        if self.network == "twilio":
            url += f"?turn={turn}" if turn else ""
            form |= {"AccountSid": sid(), "CallSid": name, "Direction": "outbound-api"}
        else:
            url += f"?{PlivoVoice().carried({'turn': str(turn)})}" if turn else ""
            form |= {"CallUUID": name, "ALegRequestUUID": name, "Direction": "outbound"}
        event = Event(sid=name, name=what, url=url, auth_token=TOKEN, form=form)
        headers = {**NETWORKS[self.network].signed(event)}
        answer = await self.runtime.http.post(url, data=form, headers=headers)
        return answer.raise_for_status().text

    async def opts_out(self, asked: Step) -> None:
        """By another way than this call."""
        said = Consent(
            workspace=WORKSPACE,
            contact_id=asked.contact_id,
            state=ConsentState.WITHDRAWN,
            occurred_at=utc_now(),
        )
        async with self.runtime.db.transaction() as connection:
            await contacts.decide(connection, self.gateway.schema, [said], now=utc_now())

    async def cancel(self, asked: Step, reason: str) -> None:
        """As the orchestrator does; returns when the gateway knows."""
        await self.publish(
            StepCancelled(
                step_id=asked.id,
                invitation_id=asked.invitation_id,
                contact_id=asked.contact_id,
                channel=Channel.IVR,
                reason=reason,
                cancelled_at=utc_now(),
            )
        )

        async def is_known() -> bool:
            row = await self.row(asked.id)
            return row["state"] == "cancelled" or row["called_back"] == reason

        await until(is_known)

    async def call(self, wanted: Step | None = None, *, ends: str = "", **habits: Any) -> Step:
        """Somebody is called who behaves like that; returns when it is over and told."""
        asked = wanted or call_step()
        self.callee(asked.address, **habits)
        await self.publish(asked)
        await until(lambda: self.is_over(asked))
        await self.carrier.settled()
        await self.idle()
        return asked

    async def is_over(self, asked: Step) -> bool:
        return any(status.status in OVER for status in self.statuses(asked.address))

    def statuses(self, number: str = CALLER) -> list[CallStatus]:
        sids = {r.sid for r in only(self.carrier.ledger, CallRequest) if r.to == number}
        return [s for s in only(self.carrier.ledger, CallStatus) if s.sid in sids]

    def requests(self) -> list[CallRequest]:
        return only(self.carrier.ledger, CallRequest)

    def heard(self, number: str = CALLER) -> list[str]:
        return [h.text for h in only(self.carrier.ledger, Heard) if h.person == number]

    def pressed(self, number: str = CALLER) -> list[str]:
        return [p.keys for p in only(self.carrier.ledger, Pressed) if p.person == number]

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        async with self.runtime.db.connection() as connection:
            rows: list[Any] = await connection.fetch(statement, *values)
            return rows

    async def row(self, found: UUID) -> Any:
        rows = await self.fetch("select * from ivr_gateway.sends where id = $1", found)
        return rows[0] if rows else None

    async def idle(self) -> None:
        """Nothing waits in the queue, the inbox or the outbox."""

        async def is_idle() -> bool:
            (row,) = await self.fetch(
                """
                select (select count(*) from ivr_gateway.sends where state in ('queued', 'claimed'))
                     + (select count(*) from ivr_gateway.inbox where done_at is null)
                     + (select count(*) from ivr_gateway.outbox) as open
                """
            )
            return not self.carrier.tasks.pending and row["open"] == 0

        await until(is_idle)

    async def read(self, kind: type[F]) -> list[F]:
        """Everything of this kind that was committed so far, once it is published."""

        async def all_are_published() -> bool:
            return not await self.fetch("select from ivr_gateway.outbox limit 1")

        await until(all_are_published)
        name = events.NAMES[kind]
        topic = next(topic.name for topic in topics.TOPICS if name in topic.types)
        rows = await self.fetch(
            'select value from bus.log where topic = $1 order by partition, "offset"', topic
        )
        values = [row["value"] for row in rows]
        return [events.decode(v, kind).data for v in values if events.type_of(v) == name]

    async def responses(self) -> list[Response]:
        return sorted(await self.read(Response), key=lambda response: response.revision)


OVER = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})


@asynccontextmanager
async def calling(
    database: Database,
    *,
    network: str = "twilio",
    account: Mapping[str, Any] | None = None,
    workspace: Mapping[str, Any] | None = None,
) -> AsyncIterator[Line]:
    port = free_port()
    public_url = f"http://127.0.0.1:{port}"
    voice_url = f"{public_url}/v1/ivr/callbacks/main/inbound"
    name = {"twilio": sid(), "plivo": "MAXXXXXXXXXXXXXXXXXX"}[network]
    there = Account(TOKEN, numbers=(OURS,), voice_url=voice_url, speaks=network)
    accounts = {name: there}
    bus = PgLogBus(database)
    await bus.create_topics(topics.partitions())
    async with AsyncExitStack() as stack:
        stack.push_async_callback(bus.close)
        carrier = await stack.enter_async_context(serve(Carrier, accounts=accounts))
        given = {"channel": "ivr", **(account or {})}
        if network == "plivo":
            given |= {"provider": network, "auth_id": name}
        async with database.transaction() as connection:
            known = documents(carrier.base_url, account=given)
            if network == "plivo":
                body = next(one.body for one in known if one.kind == "account")
                del body["account_sid"]
            known[0].body.update(workspace or {})
            known[-1].body["call_hours"] = "00:00-24:00"
            await save(connection, known, by="test")
        runtime = Runtime(
            settings=CommonSettings.model_validate(
                {
                    "database_url": "postgresql://given",
                    "contact_pepper": PEPPER,
                    "public_url": public_url,
                }
            ),
            db=database,
            bus=bus,
            http=await stack.enter_async_context(http.client()),
            config=ConfigReader(database),
            clock=Shifted(),
        )
        app = web.application([service], None)
        await stack.enter_async_context(running(app, runtime, [service]))
        await stack.enter_async_context(listen(app, "127.0.0.1", port))
        yield Line(
            runtime=runtime, carrier=carrier, gateway=app.state.parts[IvrGateway], network=network
        )
