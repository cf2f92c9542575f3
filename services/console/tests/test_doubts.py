"""Who may have said no: what an admin is shown, and what the two buttons do."""

from typing import Any

from console.domain.people import Role

ADDRESS = "+12025550101"


async def feared(site: Any, evidence: str = "may be an opt-out: “enough now”") -> str:
    """A doubt of somebody; their id."""
    body = {"address": ADDRESS, "channel": "sms", "state": "doubted", "evidence": evidence}
    answer = await site.http.put("/v1/consent", json=body, headers=site.key())
    assert answer.status_code == 200, answer.text
    return str(answer.json()["contact_id"])


async def consent(site: Any, contact: str) -> Any:
    answer = await site.http.get(f"/v1/contacts/{contact}", headers=site.key())
    return answer.json()["consent"]


async def test_what_was_said_is_shown_and_decided_either_way(site: Any) -> None:
    await site.sign_in()
    for opted_out, then in (("true", {"sms": "withdrawn"}), ("false", {})):
        site.time.passes(minutes=1)
        if opted_out == "false":  # the same person, once more
            body = {"address": ADDRESS, "channel": "sms", "state": "granted"}
            await site.http.put("/v1/consent", json=body, headers=site.key())
            site.time.passes(minutes=1)
            then = {"sms": "granted"}
        contact = await feared(site)
        page = await site.page("/console/doubts")
        assert "enough now" in page.text
        assert "+1202…01" in page.text

        answer = await site.submit(page, "/console/doubts/", opted_out=opted_out)

        assert answer.status_code == 303, answer.text
        assert await consent(site, contact) == then
        assert "Nobody is in doubt" in (await site.page("/console/doubts")).text


async def test_the_ledger_says_who_decided(site: Any) -> None:
    await site.sign_in()
    contact = await feared(site)
    await site.submit(await site.page("/console/doubts"), "/console/doubts/", opted_out="true")

    answer = await site.http.get(f"/v1/contacts/{contact}/consent", headers=site.key())
    assert "ann@acme.example" in answer.json()["entries"][0]["evidence"]


async def test_an_analyst_sees_doubts_and_decides_nothing(site: Any) -> None:
    await site.sign_in(role=Role.ANALYST)
    contact = await feared(site, "may be an opt-out: “<b>leave me</b>”")
    page = await site.page("/console/doubts")
    assert "“<b>leave me</b>”" in page.text  # as it was written
    assert not [address for address, _ in page.forms if "doubts/" in address]

    [doubt] = (await site.http.get("/v1/doubts", headers=site.key())).json()["doubts"]
    answer = await site.post(f"/console/doubts/{doubt['id']}", opted_out="true")

    assert answer.status_code == 403
    assert await consent(site, contact) == {"sms": "doubted"}


async def test_what_is_neither_and_what_is_over_are_said(site: Any) -> None:
    await site.sign_in()
    await feared(site)
    page = await site.page("/console/doubts")

    neither = await site.submit(page, "/console/doubts/", opted_out="perhaps")
    await site.submit(page, "/console/doubts/", opted_out="true")
    twice = await site.submit(page, "/console/doubts/", opted_out="false")

    assert neither.status_code == 422
    assert twice.status_code == 409
    assert "Decided already" in twice.text or "By somebody" in twice.text
