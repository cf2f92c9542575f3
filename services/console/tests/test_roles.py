"""What supervisors and agents see, and who says so."""

from typing import Any

import pytest

from analytics.testing import decision, interaction_of, response, told
from common.events.calls import Leg
from console.domain.people import Rights, Role
from console.service.managing import OPERATOR

USERS = "/console/users"
SUPERVISOR: dict[str, Any] = {"role": Role.SUPERVISOR, "teams": ("north",)}
AGENT: dict[str, Any] = {"role": Role.AGENT, "agent": "ann"}


def leg(agent: str, team: str) -> tuple[Leg, ...]:
    return (Leg(agent_id=agent, agent_name=agent.title(), team=team, queue="billing"),)


@pytest.fixture
async def calls(site: Any) -> None:
    """Ann and Nia of the north, Sam of the south; six answers each, one with a number in it."""
    for agent, team in (("ann", "north"), ("nia", "north"), ("sam", "south")):
        names = [f"{agent}{n}" for n in range(6)]
        decisions = [decision(name, legs=leg(agent, team)) for name in names]
        await site.intake.on_decisions(told(*decisions))
        words = {"comment": f"{agent} was kind, call +1 202 555 0101"}
        await site.intake.on_responses(told(*(response(name, 5, **words) for name in names)))
        await site.decided(*decisions)


@pytest.mark.usefixtures("calls")
@pytest.mark.parametrize(
    ("who", "own", "others"),
    [(SUPERVISOR, ("Ann", "Nia"), ("Sam",)), (AGENT, ("Ann",), ("Nia", "Sam"))],
    ids=["supervisor", "agent"],
)
async def test_pages_and_files_hold_their_calls_and_no_others(
    site: Any, who: dict[str, Any], own: tuple[str, ...], others: tuple[str, ...]
) -> None:
    await site.sign_in(**who)
    wider = [("team", "south"), ("team", "north"), ("agent", "sam"), ("agent", "ann")]
    for path in ("/console", "/console/trends", "/console/groups", "/console/responses",
                 "/console/calls", "/console/files/responses.csv", "/console/files/calls.csv",
                 "/console/files/scores.csv"):  # fmt: skip
        for query in ([("by", "agent")], [*wider, ("by", "agent")]):
            shown = (await site.http.get(path, params=query)).text
            assert not [name for name in others if name in shown], path
            assert "555 0101" not in shown, path
    agents = await site.page("/console/groups", by="agent")
    assert all(name in agents.text for name in own)
    numbers = (await site.page("/console", range="28d")).numbers
    assert float(numbers["csat.value"]) == 100


@pytest.mark.usefixtures("calls")
@pytest.mark.parametrize("who", [SUPERVISOR, AGENT], ids=["supervisor", "agent"])
async def test_a_call_of_others_is_not_there_by_a_guessed_id(
    site: Any, who: dict[str, Any]
) -> None:
    await site.sign_in(**who)
    assert (await site.http.get(f"/console/calls/{interaction_of('ann1')}")).status_code == 200
    theirs = await site.http.get(f"/console/calls/{interaction_of('sam1')}")
    nobodys = await site.http.get(f"/console/calls/{interaction_of('nobody')}")
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.text == nobodys.text


@pytest.mark.parametrize("who", [SUPERVISOR, AGENT], ids=["supervisor", "agent"])
async def test_the_menu_has_what_a_role_may_open_and_all_of_it_opens(
    site: Any, who: dict[str, Any]
) -> None:
    await site.sign_in(**who)
    overview = await site.page("/console")
    for name in ("Webhooks", "Setup", "Users", "Flows", "Doubts", "Delivery log"):
        assert name not in overview.text
    for link in {link.partition("?")[0] for link in overview.links if "/console" in link}:
        assert (await site.http.get(link)).status_code == 200, link


async def test_what_somebody_may_see_is_told_on_their_account(site: Any) -> None:
    await site.sign_in(**SUPERVISOR)
    assert "calls of north" in (await site.page("/console/account")).text


async def test_an_admin_makes_a_supervisor_and_it_is_told_who_did(site: Any) -> None:
    await site.sign_in()
    form = {"email": "sue@acme.example", "role": "supervisor", "teams": "north, west ,north"}
    answer = await site.submit(await site.page(USERS), USERS, **form)
    assert answer.status_code == 200
    assert "/console/sign-in/" in answer.text

    sue = next(one for one in await site.people.all() if one.email == "sue@acme.example")
    assert (sue.workspace, sue.role, sue.rights.teams) == (
        "acme",
        Role.SUPERVISOR,
        ("north", "west"),
    )
    page = await site.page(USERS)
    await site.submit(page, f"{USERS}/{sue.id}", role="agent", agent="ann")
    log = (await site.page(USERS)).text
    assert "ann@acme.example" in log
    assert "north, west" in log
    assert "supervisor" in log
    secret = answer.text.partition("/console/sign-in/")[2].partition("<")[0]
    assert secret not in log


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"role": "supervisor"}, "at least one team"),
        ({"role": "agent"}, "has the id"),
        ({"role": "owner"}, "is none"),
        ({"role": "analyst", "email": "nobody"}, "is not an e-mail address"),
        ({"role": "analyst", "email": "ANN@acme.example"}, "there is a user"),
    ],
)
async def test_a_user_who_cannot_be_is_told_why(
    site: Any, form: dict[str, str], problem: str
) -> None:
    await site.sign_in()
    given = {"email": "sue@acme.example", **form}
    answer = await site.post(USERS, **given)
    assert answer.status_code == 422
    assert problem in answer.text


async def test_nobody_changes_themselves_or_users_of_another_workspace(site: Any) -> None:
    await site.user("eve@other.example", workspace="other", role=Role.ANALYST)
    await site.user("root@example.com", workspace=None)
    await site.sign_in()
    ids = {one.email: one.id for one in await site.people.all()}
    assert "eve@other.example" not in (await site.page(USERS)).text

    tried = {"ann@acme.example": 409, "eve@other.example": 404, "root@example.com": 404}
    for email, status in tried.items():
        for what in ("", "/disable"):
            answer = await site.post(f"{USERS}/{ids[email]}{what}", role="analyst")
            assert answer.status_code == status, (email, what)
    for what in ("link", "sign-out"):
        assert (await site.post(f"{USERS}/{ids['eve@other.example']}/{what}")).status_code == 404


async def test_rights_that_are_taken_hold_at_once(site: Any) -> None:
    await site.sign_in(email="sue@acme.example")
    assert (await site.http.get(USERS)).status_code == 200
    sue = await site.people.known("sue@acme.example")
    await site.people.change(sue, Rights(workspace="acme", **AGENT), by=OPERATOR)

    assert (await site.http.get(USERS)).status_code == 403
    assert (await site.http.get("/console/flows")).status_code == 403


async def test_an_admin_signs_somebody_out_everywhere(site: Any) -> None:
    async with site.from_("192.0.2.9") as elsewhere:
        link = await site.user("sue@acme.example", role=Role.ANALYST)
        await elsewhere.post(f"/console/sign-in/{link}")
        assert (await elsewhere.get("/console/account")).status_code == 200
        await site.sign_in()
        sue = await site.people.known("sue@acme.example")
        assert (await site.post(f"{USERS}/{sue}/sign-out")).status_code == 303
        assert (await elsewhere.get("/console/account")).status_code == 303
