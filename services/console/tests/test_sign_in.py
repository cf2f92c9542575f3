"""Who gets in, for how long, and what keeps others out."""

from collections.abc import Callable
from typing import Any

import pytest

from common.process.admission import REFUSALS_AT_ONCE, TRIES
from console.domain import people
from console.endpoints.access import inside
from console.service import passwords
from console.service.managing import OPERATOR

PASSWORD = "correct horse battery"
EMAIL = "ann@acme.example"


async def _try(site: Any, password: str, email: str = EMAIL, *, http: Any = None) -> int:
    answer = await (http or site.http).post(
        "/console/sign-in", data={"email": email, "password": password, "next": "/console/account"}
    )
    status: int = answer.status_code
    return status


async def test_nobody_sees_a_page_without_signing_in(site: Any) -> None:
    answer = await site.http.get("/console/account?x=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/console/sign-in?next=%2Fconsole%2Faccount%3Fx%3D1"


async def test_a_password_lets_its_user_in_and_signing_out_ends_it(site: Any) -> None:
    await site.user(password=PASSWORD)
    assert await _try(site, PASSWORD) == 303
    assert "ann@acme.example" in (await site.page("/console/account")).text

    await site.post("/console/sign-out")
    assert (await site.http.get("/console")).status_code == 303


async def test_an_e_mail_address_is_the_same_in_any_case(site: Any) -> None:
    await site.user(password=PASSWORD)
    assert await _try(site, PASSWORD, "Ann@ACME.example") == 303


async def test_wrong_passwords_keep_only_who_tried_them_waiting(site: Any) -> None:
    await site.user(password=PASSWORD)
    async with site.from_("192.0.2.66") as eve:
        for _ in range(int(TRIES)):
            assert await _try(site, "wrong password", http=eve) == 403
        assert await _try(site, PASSWORD, EMAIL.upper(), http=eve) == 429
        assert await _try(site, PASSWORD) == 303  # Ann herself, elsewhere

        site.time.passes(minutes=3)
        assert await _try(site, PASSWORD, http=eve) == 303


async def test_tries_that_were_right_hold_nobody_up(site: Any) -> None:
    await site.user(password=PASSWORD)
    for _ in range(int(TRIES) + 2):
        assert await _try(site, PASSWORD) == 303


async def test_an_address_that_guesses_is_refused_before_anything_is_hashed(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = _counted(monkeypatch)
    async with site.from_("192.0.2.66") as eve:
        tried = [
            await _try(site, "guess", f"{n}@acme.example", http=eve)
            for n in range(int(REFUSALS_AT_ONCE) + 3)
        ]
    assert tried == [403] * int(REFUSALS_AT_ONCE) + [429] * 3
    assert len(hashed) == REFUSALS_AT_ONCE


async def test_an_address_that_guesses_links_is_refused(site: Any) -> None:
    link = await site.user()
    async with site.from_("192.0.2.66") as eve:
        for n in range(int(REFUSALS_AT_ONCE)):
            assert (await eve.post(f"/console/sign-in/guess{n}")).status_code == 403
        assert (await eve.post(f"/console/sign-in/{link}")).status_code == 429
    assert (await site.http.post(f"/console/sign-in/{link}")).status_code == 303


async def test_very_many_wrong_passwords_lock_out_for_a_quarter_of_an_hour_even_the_right_one(
    site: Any,
) -> None:
    await site.user(password=PASSWORD)
    async with site.runtime.db.connection() as connection:
        await connection.execute("update console.users set failures = $1", people.TRIES - 1)
    assert await _try(site, "wrong password") == 403
    assert await _try(site, PASSWORD) == 403

    site.time.passes(minutes=16)
    assert await _try(site, PASSWORD) == 303
    assert "locked out" in (await site.page("/console/account")).text


async def test_a_stranger_and_a_wrong_password_get_the_same_answer(site: Any) -> None:
    await site.user(password=PASSWORD)
    given = {"password": "wrong password", "next": "/console"}
    known = await site.http.post("/console/sign-in", data={**given, "email": EMAIL})
    unknown = await site.http.post("/console/sign-in", data={**given, "email": "eve@acme.example"})
    assert known.status_code == unknown.status_code == 403
    assert known.text.replace(EMAIL, "") == unknown.text.replace("eve@acme.example", "")


async def test_a_link_lets_in_once(site: Any) -> None:
    link = await site.user()
    assert (await site.http.get(f"/console/sign-in/{link}")).status_code == 200  # a look at it
    assert (await site.http.post(f"/console/sign-in/{link}")).status_code == 303
    assert (await site.http.post(f"/console/sign-in/{link}")).status_code == 403


async def test_links_that_are_no_good_get_one_answer_whatever_the_reason(site: Any) -> None:
    used = await site.user()
    await site.http.post(f"/console/sign-in/{used}")
    over = await site.link(EMAIL)
    site.time.passes(hours=25)

    answers = [
        await site.http.post(f"/console/sign-in/{link}") for link in (used, over, "x" * len(over))
    ]

    assert [answer.status_code for answer in answers] == [403] * 3
    assert len({answer.text for answer in answers}) == 1


async def test_a_link_cannot_be_guessed_nor_read_in_the_database(site: Any) -> None:
    links = [(await site.user()).encode(), (await site.link(EMAIL)).encode()]
    async with site.users.db.connection() as connection:
        stored = [
            bytes(one["hash"]) for one in await connection.fetch("select * from console.links")
        ]

    assert all(len(link) >= 43 for link in links)  # 256 bits
    assert links[0] != links[1]
    assert stored
    assert all(len(one) == 32 and one not in links for one in stored)


@pytest.mark.parametrize("what", ["another link", "a password", "signing out everywhere"])
async def test_a_link_ends_with_the_other_ways_in(site: Any, what: str) -> None:
    await site.sign_in()
    earlier = await site.link(EMAIL)
    if what == "another link":
        await site.link(EMAIL)
    elif what == "a password":
        assert (await site.post("/console/account/password", password=PASSWORD)).status_code == 303
    else:
        await site.post("/console/sign-out", everywhere="yes")

    assert (await site.http.post(f"/console/sign-in/{earlier}")).status_code == 403


async def test_a_link_is_worth_nothing_after_a_day(site: Any) -> None:
    link = await site.user()
    site.time.passes(hours=25)
    assert (await site.http.post(f"/console/sign-in/{link}")).status_code == 403


async def test_a_session_ends_when_nobody_uses_it_and_at_the_latest_after_half_a_day(
    site: Any,
) -> None:
    await site.sign_in()
    for _ in range(7):
        site.time.passes(minutes=100)
        assert (await site.http.get("/console/account")).status_code == 200
    site.time.passes(minutes=60)  # 12 h 40 min since it began
    assert (await site.http.get("/console/account")).status_code == 303

    await site.sign_in(email="bob@acme.example")
    site.time.passes(minutes=121)
    assert (await site.http.get("/console/account")).status_code == 303


async def test_who_is_disabled_is_out_at_once(site: Any) -> None:
    await site.sign_in()
    await site.people.disable(await site.people.known(EMAIL), by=OPERATOR)
    assert (await site.http.get("/console")).status_code == 303


async def test_choosing_a_password_ends_the_other_sessions(site: Any) -> None:
    await site.sign_in()
    elsewhere = (await site.users.follow_link(await site.link(EMAIL))).secret
    answer = await site.post("/console/account/password", password=PASSWORD)
    assert answer.status_code == 303
    assert await site.users.signed_in(elsewhere) is None
    assert (await site.http.get("/console/account")).status_code == 200


async def test_a_password_is_changed_only_by_who_knows_it(site: Any) -> None:
    await site.user(password=PASSWORD)
    assert await _try(site, PASSWORD) == 303
    answer = await site.post("/console/account/password", password="another good one", current="x")
    assert answer.status_code == 422
    assert "current password is not right" in answer.text


async def test_wrong_current_passwords_count_as_those_of_signing_in(site: Any) -> None:
    await site.user(password=PASSWORD)
    assert await _try(site, PASSWORD) == 303
    form = {"password": "another good one", "current": "x"}
    for _ in range(int(TRIES)):
        assert (await site.post("/console/account/password", **form)).status_code == 422
    assert (await site.post("/console/account/password", **form)).status_code == 429
    assert await _try(site, PASSWORD) == 429
    async with site.runtime.db.connection() as connection:
        assert await connection.fetchval("select failures from console.users") == TRIES


async def test_who_forgot_the_password_chooses_another_by_a_link_and_once(site: Any) -> None:
    await site.user(password=PASSWORD)
    for _ in range(int(TRIES)):
        await _try(site, "was it this one?")
    link = await site.link(EMAIL)
    await site.http.post(f"/console/sign-in/{link}")
    assert "Current password" not in (await site.page("/console/account")).text
    answer = await site.post("/console/account/password", password="another good one")
    assert answer.status_code == 303

    site.time.passes(minutes=15)
    again = await site.post("/console/account/password", password="a third good one")
    assert again.status_code == 422
    assert await _try(site, "another good one") == 303


@pytest.mark.parametrize("password", ["short", "ann@acme.example", "aaaaaaaaaaaaaa", "x" * 201])
async def test_a_password_that_is_easy_to_guess_is_refused(site: Any, password: str) -> None:
    await site.sign_in()
    answer = await site.post("/console/account/password", password=password)
    assert answer.status_code == 422


async def test_a_form_of_another_site_changes_nothing(site: Any) -> None:
    await site.sign_in()
    secret = (await site.page("/console/account")).fields["form_secret"]
    form = {"form_secret": secret}
    for headers in (
        {"origin": "http://evil.example"},
        {"origin": "http://["},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ):
        answer = await site.http.post("/console/sign-out", data=form, headers=headers)
        assert answer.status_code == 403
    assert (await site.http.post("/console/sign-out", data={})).status_code == 403
    ours = await site.post("/console/theme", theme="dark")
    assert ours.status_code == 303
    assert (await site.http.get("/console/account")).status_code == 200


async def test_every_answer_has_the_strict_policy(site: Any) -> None:
    await site.sign_in()
    for path in ("/console", "/console/sign-in", "/console/nothing", "/console/static/x/y"):
        answer = await site.http.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'")
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "//[",
        "/\\evil.example",
        "/v1/keys",
        "/consolex",
        "",
    ],
)
def test_signing_in_leads_nowhere_else(target: str) -> None:
    assert inside(target) == "/console"


def test_signing_in_leads_back_to_the_page_that_was_wanted() -> None:
    for target in ("/console/calls?queue=a&queue=b", "/console?workspace=b", "/console"):
        assert inside(target) == target


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Passwords that are hashed from now on."""
    hashed: list[str] = []
    verify: Callable[[str, str], bool] = passwords._verify

    def count(password: str, stored: str) -> bool:
        hashed.append(password)
        return verify(password, stored)

    monkeypatch.setattr(passwords, "_verify", count)
    return hashed
