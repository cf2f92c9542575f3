"""Who does not answer is reminded once; the words are those of the number that was called."""

from collections.abc import Callable
from typing import Any

from sandbox.carrier import Text
from sandbox.pbx.numbers import LINES, customer
from tests.e2e.world import Tenant, World, until

FLOW = {"id": "after-call", "survey": "csat", "enabled": True, "minimum_talk": "0s"}
AFTER = 8  # seconds: those who answer at once have long done so
PLAN = [{"channel": "sms"}, {"channel": "sms", "when": "silent", "after": f"{AFTER}s"}]
ASK = (
    "Northwind: how satisfied were you with your call with Ana? Reply 1 (not at all) to 5 (very)."
    " Reply STOP to opt out."
)
AGAIN = "Northwind: A word about your bill, {low} to {high}? Text STOP and we stay quiet."
SAID = AGAIN.format(low=1, high=5)
SORRY, WHY = "We are sorry. What went wrong?", "Thank you! What is the main reason for your rating?"
CLOSING = "The billing team thanks you."
LATE, SILENT, QUICK, STOPS = (customer(index) for index in range(4))
LINE_OF = {LATE: "billing", SILENT: "support", QUICK: "billing", STOPS: "billing"}


async def test_one_reminder_and_its_answer_counts_once(
    world: World, tell: Callable[[str], None]
) -> None:
    tenant = await world.tenant("reminded", flows=[FLOW | {"plan": PLAN}])
    texts = {"en": {"reminder": AGAIN, "thanks": {"high": CLOSING}}}
    billing = {"number": LINES["billing"], "texts": texts}
    await world.call("PUT", "/v1/config", json={"numbers": [billing]}, workspace=tenant.name)
    heard = _listen(tenant)

    calls = {person: await _ends(tenant, person, line) for person, line in LINE_OF.items()}
    await until(lambda: _reminded(heard))
    funnel = await tenant.quiet(calls=len(calls), still=2.0)

    assert heard[LATE] == [ASK, SAID, WHY, CLOSING]
    assert heard[SILENT] == [ASK, ASK]  # its line has no words of its own
    assert heard[QUICK] == [ASK, SORRY]
    assert heard[STOPS][0] == ASK
    assert {*heard[STOPS][1:]}.isdisjoint({ASK, SAID})
    steps = {person: await _steps(tenant, call) for person, call in calls.items()}
    assert steps[LATE] == steps[SILENT] == [("ask", "delivered"), ("reminder", "delivered")]
    assert [kind for kind, state in steps[QUICK] if state != "cancelled"] == ["ask"]
    assert [kind for kind, state in steps[STOPS] if state != "cancelled"] == ["ask"]
    reached = {name: funnel[name] for name in ("asked", "sent", "delivered", "answered")}
    assert reached == {"asked": 4, "sent": 4, "delivered": 4, "answered": 2}
    report = await tenant.audited()
    assert (report.accepted, report.most, report.reminded) == (4, 1, 2)
    tell(f"reminder: {reached}, reminded {report.reminded}, steps {[*steps.values()]}")


async def _ends(tenant: Tenant, person: str, line: str) -> str:
    return await tenant.ends(
        f"reminded-{person}",
        person,
        our_number=LINES[line],
        legs=[{"agent_id": "a1", "agent_name": "Ana"}],
    )


def _listen(tenant: Tenant) -> dict[str, list[str]]:
    """What each of them read; they write back as their names say."""
    heard: dict[str, list[str]] = {person: [] for person in LINE_OF}
    says = {(LATE, 2): "5", (LATE, 3): "Clear words", (QUICK, 1): "2", (STOPS, 1): "STOP"}
    carrier = tenant.world.carrier

    def hear(text: Text) -> None:
        if text.account != tenant.sid:
            return
        heard[text.person].append(text.body)
        if back := says.get((text.person, len(heard[text.person]))):
            carrier.tasks.spawn(carrier.receive(text.person, text.sender, body=back))

    carrier.listeners.append(hear)
    return heard


async def _reminded(heard: dict[str, list[str]]) -> bool:
    return len(heard[LATE]) >= 4 and len(heard[SILENT]) >= 2


async def _steps(tenant: Tenant, interaction: str) -> list[tuple[str, str]]:
    """(kind, state) of each."""
    call = tenant.world.call
    decision = await call("GET", f"/v1/decisions/{interaction}", workspace=tenant.name)
    found: dict[str, Any] = await call(
        "GET", f"/v1/invitations/{decision['invitation_id']}", workspace=tenant.name
    )
    return [(step["kind"], step["state"]) for step in found["steps"]]
