"""Replies as people write them, each by the carrier's webhook; what came of it, by the APIs."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sandbox.ledger import CreateRequest
from sandbox.pbx.numbers import customer
from tests.e2e.said import DOUBTED, QUESTIONS, STRANGERS, TABLE, Said
from tests.e2e.world import Tenant, World, each, until

ONE = {"kind": "rating", "id": "score"}
SURVEYS = [
    {"id": "csat", "metric": "csat", "questions": [ONE | {"scale": [1, 5], "text": QUESTIONS}]},
    {
        "id": "nps",
        "metric": "nps",
        "questions": [ONE | {"scale": [0, 10], "text": {"en": "Recommend us, 0 to 10?"}}],
    },
]
FLOW = {"enabled": True, "minimum_talk": "0s"}
FLOWS = [
    FLOW | {"id": "of-nps", "survey": "nps", "priority": 2, "when": {"queues": ["support"]}},
    FLOW | {"id": "of-csat", "survey": "csat", "priority": 1},
]
PEOPLE = {said.id: customer(index) for index, said in enumerate(TABLE)}
FEARED = [said.id for said in TABLE if said.consent == DOUBTED]
AGENT = {"agent_id": "a-17", "agent_name": "Asha"}


async def test_each_reply_becomes_what_it_means_and_nobody_who_says_no_is_asked_again(
    world: World, tell: Callable[[str], None]
) -> None:
    ours = {"answers_stop": False}  # the carrier leaves keywords to us
    tenant = await world.tenant("said", surveys=SURVEYS, flows=FLOWS, account=ours)
    account = world.carrier.accounts[tenant.sid]
    world.carrier.accounts[tenant.sid] = replace(account, handles_stop=False)
    for index, text in enumerate(STRANGERS):
        await tell_us(tenant, customer(1_000 + index), text)

    await each(TABLE, lambda said: _ends(tenant, said, "first"))
    await until(lambda: _have_been_asked(tenant))
    await each(TABLE, lambda said: _writes(tenant, said))
    funnel = await tenant.quiet(calls=len(TABLE))

    wrong = await _differences(tenant)
    assert wrong == {}
    await _figures(tenant, funnel)

    await each(TABLE, lambda said: _ends(tenant, said, "second"))
    await tenant.quiet(calls=2 * len(TABLE))
    asked_again = {said.id: await _verdict(tenant, said, "second") for said in TABLE}
    assert asked_again == {said.id: ("opted_out" if said.consent else "invite") for said in TABLE}
    # Not `audited`: the auditor takes a text for the first digit in it, which most here are not.
    counts = Counter(said.consent or ("scored" if said.score is not None else "kept")
                     for said in TABLE)  # fmt: skip
    tell(f"replies: {len(TABLE)} cases, wrong {len(wrong)}; {dict(counts)}")

    await _people_look(tenant)


async def tell_us(tenant: Tenant, person: str, text: str) -> None:
    await tenant.world.carrier.receive(person, tenant.sender, body=text, account=tenant.sid)


async def _ends(tenant: Tenant, said: Said, which: str) -> None:
    """The person's call, with the agent who is to be found with what they write."""
    queue = "support" if said.nps else "billing"
    await tenant.ends(
        f"{said.id}/{which}",
        PEOPLE[said.id],
        queue=queue,
        language=said.language,
        legs=[AGENT | {"queue": queue, "talk_seconds": 60}],
    )


async def _have_been_asked(tenant: Tenant) -> bool:
    return {ask.to for ask in tenant.asks()} >= {*PEOPLE.values()}


async def _writes(tenant: Tenant, said: Said) -> None:
    for text in said.texts:
        await tell_us(tenant, PEOPLE[said.id], text)


async def _differences(tenant: Tenant) -> Mapping[str, Any]:
    """What came of a case and what should have; of those where that is not the same."""
    back = Counter(ask.to for ask in tenant.asks() if isinstance(ask, CreateRequest))
    responses = {one["call_id"]: one for one in await _rows(tenant, "responses")}
    why = await _unmatched(tenant)
    wrong = {}
    for said in TABLE:
        contact = await _contact(tenant, PEOPLE[said.id])
        response = responses.get(f"{said.id}/first")
        found = {
            "response": response is not None,
            "score": response and response["score"],
            "comment": response and response["comment"],
            "agent": response and response["agent"],
            "queue": response and response["queue"],
            "consent": contact["consent"].get("sms", ""),
            "back": back[PEOPLE[said.id]] - 1,
            "why": tuple(why.get(contact["id"], ())),
        }
        answered = said.answered
        meant = {
            "response": answered,
            "score": said.score,
            "comment": said.comment,
            "agent": "a-17" if answered else None,
            "queue": ("support" if said.nps else "billing") if answered else None,
            "consent": said.consent,
            "back": said.back,
            "why": said.why,
        }
        if found != meant:
            wrong[said.id] = {k: (found[k], meant[k]) for k in meant if found[k] != meant[k]}
    return wrong


async def _figures(tenant: Tenant, funnel: Mapping[str, Any]) -> None:
    """A score counts, words alone never do; strangers who send nothing change nothing."""
    given = Counter(said.score for said in TABLE if said.score is not None)
    [csat] = [one for one in (await tenant.scores())["scores"] if one["metric"] == "csat"]
    assert {int(k): n for k, n in csat["histogram"].items() if n} == given
    assert funnel["answered"] == given.total()
    assert funnel["started"] == sum(said.answered for said in TABLE)
    for index in range(len(STRANGERS)):
        found = await tenant.world.request(
            "POST",
            "/v1/contacts/find",
            params={"workspace": tenant.name},
            json={"address": customer(1_000 + index)},
        )
        assert found.status_code == 404 or found.json()["consent"] == {}
    written = {ask.to for ask in tenant.asks()}
    assert written == {*PEOPLE.values()}


async def _people_look(tenant: Tenant) -> None:
    """Every second one was an opt-out, the others were none: those are asked again."""
    world = tenant.world
    page = await world.call("GET", "/v1/doubts", workspace=tenant.name, limit=500)
    found = {doubt["contact_id"]: doubt for doubt in page["doubts"]}
    contacts = {id: (await _contact(tenant, PEOPLE[id]))["id"] for id in FEARED}
    assert {*found} == {*contacts.values()}
    for place, id in enumerate(FEARED):
        doubt = found[contacts[id]]
        assert TEXTS[id] in doubt["evidence"]
        await world.call(
            "PATCH",
            f"/v1/doubts/{doubt['id']}",
            json={"opted_out": place % 2 == 0},
            workspace=tenant.name,
        )
    assert (await world.call("GET", "/v1/doubts", workspace=tenant.name))["doubts"] == []
    await until(lambda: _are_told(tenant, len(FEARED)))
    feared = [said for said in TABLE if said.id in FEARED]
    await each(feared, lambda said: _ends(tenant, said, "third"))
    await tenant.quiet(calls=2 * len(TABLE) + len(feared))
    assert [await _verdict(tenant, said, "third") for said in feared] == [
        "opted_out" if place % 2 == 0 else "invite" for place in range(len(feared))
    ]
    texts = Counter(ask.to for ask in tenant.asks())
    assert [texts[PEOPLE[id]] for id in FEARED] == [1 + place % 2 for place in range(len(FEARED))]


TEXTS = {said.id: said.texts[-1] for said in TABLE}


async def _are_told(tenant: Tenant, decided: int) -> bool:
    """The sender knows who may be written to again."""
    rows = await tenant.rows(
        "select count(*) as free from sms_sender.contacts"
        " where workspace = $1 and not suppressed and decided_at is not null"
    )
    return bool(rows[0]["free"] >= decided // 2)


async def _contact(tenant: Tenant, address: str) -> dict[str, Any]:
    found: dict[str, Any] = await tenant.world.call(
        "POST", "/v1/contacts/find", json={"address": address}, workspace=tenant.name
    )
    return found


async def _verdict(tenant: Tenant, said: Said, which: str) -> str:
    found = await tenant.world.call(
        "GET",
        "/v1/decisions",
        workspace=tenant.name,
        source="/pbx/main",
        call_id=f"{said.id}/{which}",
    )
    return str(found["reason"] or found["verdict"])


async def _rows(tenant: Tenant, what: str) -> list[dict[str, Any]]:
    found = await tenant.world.call("GET", f"/v1/{what}", workspace=tenant.name, limit="500")
    rows: list[dict[str, Any]] = found[what]
    return rows


async def _unmatched(tenant: Tenant) -> dict[str, list[str]]:
    """Contact -> why their messages became no answer."""
    page = await tenant.world.call("GET", "/v1/sms/unmatched", workspace=tenant.name, limit=500)
    found: dict[str, list[str]] = {}
    for message in page["messages"]:
        found.setdefault(message["contact_id"], []).append(message["why"])
    return found
