"""A code of an authenticator besides the password: RFC 6238, recovery codes, who needs one."""

import base64
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from console.domain import people, second_factor
from console.domain.people import Role

PASSWORD = "correct horse battery"
EMAIL = "ann@acme.example"
ACCOUNT, CODE = "/console/account/second-factor", "/console/second-factor"
USERS = "/console/users"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """RFC 6238, appendix B, the last six digits."""
    key, now = b"12345678901234567890", datetime.fromtimestamp(seconds, UTC)
    step = second_factor.taken(key, code, now=now, used=0)
    assert step == seconds // 30
    assert second_factor.taken(key, code, now=now, used=step) is None, "a code is good once"
    assert second_factor.taken(key, f"{code[:3]} {code[3:]}", now=now, used=0) == step


@pytest.mark.parametrize("code", ["", "12345", "1234567", "28708²", "abcdef", "２８７０８２"])
def test_what_is_no_code_is_refused(code: str) -> None:
    now = datetime.fromtimestamp(59, UTC)
    assert second_factor.taken(b"12345678901234567890", code, now=now, used=0) is None


def shown(key: str, site: Any) -> str:
    """What an authenticator shows now."""
    totp = second_factor._totp(base64.b32decode(key))
    return totp.generate(int(site.time().timestamp())).decode()


async def switched_on(site: Any, *, current: str = "") -> tuple[str, list[str]]:
    """The key, and recovery codes."""
    page = await site.page(ACCOUNT)
    key = page.fields["key"]
    form = {"code": shown(key, site), "current": current}
    answer = await site.submit(page, ACCOUNT, **form)
    assert answer.status_code == 200, answer.text
    site.time.passes(seconds=30)
    return key, re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", answer.text)


async def by_password(site: Any, *, http: Any = None) -> Any:
    form = {"email": EMAIL, "password": PASSWORD, "next": "/console/account"}
    return await (http or site.http).post("/console/sign-in", data=form)


async def tell(site: Any, code: str, *, http: Any = None) -> int:
    answer = await (http or site.http).post(CODE, data={"code": code, "next": "/console"})
    status: int = answer.status_code
    return status


@pytest.fixture
async def ann(site: Any) -> tuple[str, list[str]]:
    """Has a password and a second factor, and is signed out: her key and recovery codes."""
    await site.user(password=PASSWORD)
    await by_password(site)
    found = await switched_on(site, current=PASSWORD)
    await site.post("/console/sign-out")
    return found


async def test_the_password_alone_opens_nothing(site: Any, ann: Any) -> None:
    key, _ = ann
    answer = await by_password(site)
    assert answer.headers["location"] == f"{CODE}?next=%2Fconsole%2Faccount"
    for path in ("/console", "/console/account", ACCOUNT):
        assert (await site.http.get(path)).status_code == 303
    assert await tell(site, shown(key, site)) == 303
    assert "by password and a code" in (await site.page("/console/account")).text


async def test_a_code_lets_in_once(site: Any, ann: Any) -> None:
    code = shown(ann[0], site)
    await by_password(site)
    assert await tell(site, code) == 303
    await site.post("/console/sign-out")
    await by_password(site)
    assert await tell(site, code) == 403
    site.time.passes(seconds=30)
    assert await tell(site, shown(ann[0], site)) == 303


async def test_a_link_asks_for_the_code_too(site: Any, ann: Any) -> None:
    link = await site.link(EMAIL)
    answer = await site.http.post(f"/console/sign-in/{link}")
    assert answer.headers["location"].startswith(CODE)
    assert (await site.http.get("/console/account")).status_code == 303


async def test_a_recovery_code_stands_in_once(site: Any, ann: Any) -> None:
    _, codes = ann
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    await by_password(site)
    assert await tell(site, codes[0].upper()) == 303
    assert "9 recovery codes left" in (await site.page(ACCOUNT)).text
    await site.post("/console/sign-out")
    await by_password(site)
    assert await tell(site, codes[0]) == 403


async def test_codes_are_guessed_no_more_often_than_a_few_times(site: Any, ann: Any) -> None:
    """From one address after five, from wherever after ten, whatever password comes between."""
    for place in range(people.TRIES // people.CODE_WEIGHT):
        async with site.from_(f"192.0.2.{place}") as eve:
            assert (await by_password(site, http=eve)).status_code == 303
            assert await tell(site, "000000", http=eve) == 403
    assert (await by_password(site)).status_code == 403  # locked out
    site.time.passes(minutes=16)
    await by_password(site)
    assert await tell(site, shown(ann[0], site)) == 303


async def test_a_session_that_waits_for_its_code_ends_after_minutes(site: Any, ann: Any) -> None:
    await by_password(site)
    site.time.passes(minutes=11)
    assert await tell(site, shown(ann[0], site)) == 403


async def test_who_waits_can_not_finish_by_the_code_of_another(site: Any, ann: Any) -> None:
    await site.user("eve@acme.example", password=PASSWORD)
    async with site.from_("192.0.2.9") as eve:
        form = {"email": "eve@acme.example", "password": PASSWORD, "next": "/console"}
        await eve.post("/console/sign-in", data=form)
        page = (await eve.get(ACCOUNT)).text
        key = page.partition('name="key" value="')[2].partition('"')[0]
        secret = page.partition('name="form_secret" value="')[2].partition('"')[0]
        form = {"form_secret": secret, "key": key, "current": PASSWORD}
        await eve.post(ACCOUNT, data={**form, "code": shown(key, site)})
    await by_password(site)
    site.time.passes(seconds=60)
    assert await tell(site, shown(key, site)) == 403


async def test_switching_on_takes_the_password_and_a_right_code(site: Any) -> None:
    await site.user(password=PASSWORD)
    await by_password(site)
    page = await site.page(ACCOUNT)
    assert "otpauth" not in page.text
    code = shown(page.fields["key"], site)
    for form in ({"code": code, "current": "wrong"}, {"code": "000000", "current": PASSWORD}):
        assert (await site.submit(page, ACCOUNT, **form)).status_code == 422
    assert (await site.submit(page, ACCOUNT, code=code, current=PASSWORD)).status_code == 200


async def test_switching_on_ends_sessions_elsewhere(site: Any) -> None:
    await site.user(password=PASSWORD)
    async with site.from_("192.0.2.9") as elsewhere:
        await by_password(site, http=elsewhere)
        await by_password(site)
        await switched_on(site, current=PASSWORD)
        assert (await elsewhere.get("/console/account")).status_code == 303


async def test_it_is_taken_away_by_a_code_and_codes_are_made_anew(site: Any, ann: Any) -> None:
    key, codes = ann
    await by_password(site)
    await tell(site, shown(key, site))
    site.time.passes(seconds=30)
    renewed = await site.submit(await site.page(ACCOUNT), f"{ACCOUNT}/codes", code=shown(key, site))
    assert codes[1] not in renewed.text
    page = await site.page(ACCOUNT)
    assert (await site.submit(page, f"{ACCOUNT}/remove", code=codes[1])).status_code == 422
    site.time.passes(seconds=30)
    assert (await site.submit(page, f"{ACCOUNT}/remove", code=shown(key, site))).status_code == 303
    await site.post("/console/sign-out")
    assert (await by_password(site)).headers["location"] == "/console/account"


async def test_admins_of_a_strict_workspace_set_one_up_before_anything_else(site: Any) -> None:
    await site.user("bob@acme.example", role=Role.ANALYST)
    await site.sign_in()
    await site.submit(await site.page(USERS), f"{USERS}/strict")
    for path in ("/console", "/console/flows", USERS):
        assert (await site.http.get(path)).headers["location"] == ACCOUNT
    await switched_on(site)
    assert "The workspace" in (await site.page(USERS)).text
    assert "Take it away" not in (await site.page(ACCOUNT)).text

    async with site.from_("192.0.2.9") as bob:
        await bob.post(f"/console/sign-in/{await site.link('bob@acme.example')}")
        assert (await bob.get("/console")).status_code == 200  # no admin


async def test_one_user_may_be_required_to_have_one_and_a_lost_one_is_taken_away(
    site: Any,
) -> None:
    await site.user("bob@acme.example", role=Role.ANALYST)
    await site.sign_in()
    bob_id = await site.people.known("bob@acme.example")
    assert (
        await site.post(f"{USERS}/{bob_id}/second-factor", second_factor="needed")
    ).status_code == 303
    async with site.from_("192.0.2.9") as bob:
        await bob.post(f"/console/sign-in/{await site.link('bob@acme.example')}")
        assert (await bob.get("/console")).headers["location"] == ACCOUNT
    async with site.runtime.db.connection() as connection:
        await connection.execute("update console.users set totp = 'x' where id = $1", bob_id)
    assert "Has a second factor" in (await site.page(USERS)).text
    await site.post(f"{USERS}/{bob_id}/second-factor", second_factor="lost")
    page = (await site.page(USERS)).text
    assert "Has to set up a second factor" in page
    assert "second_factor_needed" in page


async def test_the_key_is_stored_for_nobody_who_reads_the_table(site: Any, ann: Any) -> None:
    key, codes = ann
    async with site.runtime.db.connection() as connection:
        stored = await connection.fetchval("select totp from console.users")
        hashes = await connection.fetch("select hash from console.recovery_codes")
    assert base64.b32decode(key) not in stored
    assert not {code.encode() for code in codes} & {row["hash"] for row in hashes}
