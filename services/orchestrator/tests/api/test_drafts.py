"""Drafts: kept however wrong, used by nothing, published together or not at all."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from orchestrator.domain.configuring.drafts import MOST
from orchestrator.testing import NOW, documents

FLOW, DRAFT = "/v1/config/documents/flow/csat-flow", "/v1/config/drafts/flow/csat-flow"
PUBLISH = "/v1/config/drafts/publish"
FIRST = {"drafts": [{"kind": "flow", "id": "csat-flow"}]}


async def put(acme: Any, path: str = DRAFT, query: str = "", **changes: Any) -> Any:
    answer = await acme.ask("configurer", "PUT", f"{path}{query}", json=changes)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def stored(acme: Any, path: str = FLOW) -> Any:
    return (await acme.ask("configurer", "GET", path)).json()


async def publish(acme: Any, *names: str, query: str = "") -> Any:
    """Those; all there are, where none is named."""
    if not names:
        listed = (await acme.ask("configurer", "GET", "/v1/config/drafts")).json()["drafts"]
        names = tuple(f"{one['kind']}/{one['id']}" for one in listed)
    drafts = [dict(zip(("kind", "id"), one.split("/"), strict=True)) for one in names]
    return await acme.ask("configurer", "POST", f"{PUBLISH}{query}", json={"drafts": drafts})


async def test_what_drafts_take_and_tell_has_bounds(acme: Any) -> None:
    odd = {str(number): 1 for number in range(3_000)}
    url = "/v1/config/drafts/flow/{}"

    put = await acme.ask("configurer", "PUT", url.format("odd"), json=odd)

    told = put.json()
    assert put.status_code == 200
    assert len(told["fields"]) == 100
    assert len(told["errors"]) <= 102
    assert "more are wrong" in told["errors"][-1]["message"]

    deep: Any = {}
    for _ in range(40):
        deep = {"when": deep}
    assert (await acme.ask("configurer", "PUT", url.format("deep"), json=deep)).status_code == 422

    large = {"name": "x" * 250_000}
    answers = [
        (await acme.ask("configurer", "PUT", url.format(f"large-{number}"), json=large)).status_code
        for number in range(9)
    ]
    assert answers == [200] * 8 + [422]


async def test_a_draft_changes_nothing_until_it_is_published(acme: Any) -> None:
    before = await stored(acme)
    told = await put(acme, **before | {"delay": "5m"})
    assert (told["fields"], told["moved"], told["errors"]) == (["delay"], [], [])
    assert (told["base"], told["stored"]) == (before, before)
    assert await stored(acme) == before

    answer = await publish(acme, "flow/csat-flow")

    assert answer.status_code == 200, answer.text
    assert answer.json()["changes"] == [
        {"change": "changed", "kind": "flow", "id": "csat-flow", "fields": ["delay"]}
    ]
    assert await stored(acme) == before | {"delay": "5m"}
    assert (await acme.ask("configurer", "GET", DRAFT)).status_code == 404
    log = (await acme.ask("configurer", "GET", "/v1/config/changes?kind=flow")).json()["changes"]
    assert (log[0]["document"], log[0]["after"]["delay"]) == ("csat-flow", "5m")


async def test_what_is_wrong_is_kept_and_told_all_at_once_and_cannot_be_published(
    acme: Any,
) -> None:
    before = await stored(acme)
    told = await put(acme, survey="none", delay="soon", colour="red")
    assert [one["field"] for one in told["errors"]] == ["delay", "colour"]
    assert (await acme.ask("configurer", "GET", DRAFT)).json() == told
    told = await put(acme, survey="none", enabled=True)
    assert [one["field"] for one in told["errors"]] == ["survey"]

    answer = await publish(acme)

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["flow.csat-flow.survey"]
    assert await stored(acme) == before
    assert (await acme.ask("configurer", "GET", DRAFT)).status_code == 200


async def test_drafts_that_need_each_other_are_published_together(acme: Any) -> None:
    survey = documents()["surveys"][0] | {"id": "evenings"}
    await put(acme, "/v1/config/drafts/survey/evenings", **survey)
    told = await put(acme, "/v1/config/drafts/flow/evenings", survey="evenings", enabled=True)
    assert [one["field"] for one in told["errors"]] == ["survey"]  # by itself
    listed = (await acme.ask("configurer", "GET", "/v1/config/drafts")).json()["drafts"]
    assert [(one["kind"], one["id"]) for one in listed] == [
        ("flow", "evenings"),
        ("survey", "evenings"),
    ]

    alone = await publish(acme, "flow/evenings")
    looked = await publish(acme, query="?dry_run=true")
    still = await acme.ask("configurer", "GET", "/v1/config/documents/flow/evenings")
    both = await publish(acme, "flow/evenings", "survey/evenings")

    assert (alone.status_code, looked.status_code, still.status_code) == (422, 200, 404)
    assert looked.json()["version"] is None
    assert [(one["change"], one["kind"]) for one in both.json()["changes"]] == [
        ("added", "flow"),
        ("added", "survey"),
    ]
    assert (await acme.ask("configurer", "GET", "/v1/config/drafts")).json() == {"drafts": []}


async def test_what_somebody_else_changed_since_is_not_overwritten_but_told(acme: Any) -> None:
    before = await stored(acme)
    await put(acme, **before | {"delay": "5m"})
    await acme.ask("configurer", "PATCH", FLOW, json={"delay": "9m", "sampling_rate": 0.5})
    await put(acme, **before | {"delay": "6m"})  # it began before, and still does

    answer = await publish(acme, "flow/csat-flow")
    listed = (await acme.ask("configurer", "GET", "/v1/config/drafts")).json()["drafts"]

    assert answer.status_code == 409
    assert {one["field"]: one["message"] for one in answer.json()["errors"]} == {
        "flow.csat-flow.delay": 'nothing -> "9m"',
        "flow.csat-flow.sampling_rate": "nothing -> 0.5",
    }
    assert listed[0]["moved"] == ["delay", "sampling_rate"]
    assert (await stored(acme))["delay"] == "9m"
    await put(acme, query="?rebase=true", **await stored(acme) | {"delay": "6m"})
    assert (await publish(acme, "flow/csat-flow")).status_code == 200
    assert (await stored(acme))["delay"] == "6m"


async def test_a_document_that_was_made_or_removed_since_is_told_too(acme: Any) -> None:
    await put(acme, "/v1/config/drafts/flow/new", survey="csat", enabled=False)
    await put(acme, **await stored(acme))
    new = {"survey": "csat", "enabled": False, "delay": "1m"}
    await acme.ask("configurer", "PUT", "/v1/config/documents/flow/new", json=new)
    await acme.ask("configurer", "DELETE", FLOW)

    answer = await publish(acme)

    assert answer.status_code == 409
    assert {one["field"]: one["message"] for one in answer.json()["errors"]} == {
        "flow.csat-flow": "was removed since",
        "flow.new": "was made since",
    }


async def test_two_who_write_a_draft_do_not_undo_one_another(acme: Any) -> None:
    anew = {"If-None-Match": "*"}
    first = await acme.ask("configurer", "PUT", DRAFT, json={"survey": "csat"}, headers=anew)
    again = await acme.ask("configurer", "PUT", DRAFT, json={"survey": "csat"}, headers=anew)
    seen = {"If-Match": first.headers["etag"]}
    second = await acme.ask("configurer", "PUT", DRAFT, json={"delay": "1m"}, headers=seen)
    late = await acme.ask("configurer", "PUT", DRAFT, json={"delay": "2m"}, headers=seen)
    gone = await acme.ask("configurer", "DELETE", DRAFT, headers=seen)
    now = {"If-Match": second.headers["etag"]}
    dropped = await acme.ask("configurer", "DELETE", DRAFT, headers=now)

    statuses = [one.status_code for one in (first, again, second, late, gone, dropped)]
    assert statuses == [200, 412, 200, 412, 412, 204]
    assert (await acme.ask("configurer", "DELETE", DRAFT)).status_code == 404


async def test_publishing_twice_at_once_publishes_once(acme: Any) -> None:
    await put(acme, **await stored(acme) | {"delay": "5m"})

    answers = await asyncio.gather(*(publish(acme, "flow/csat-flow") for _ in range(4)))

    log = (await acme.ask("configurer", "GET", "/v1/config/changes?kind=flow")).json()["changes"]
    statuses = [one.status_code for one in answers]
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 404, 409}
    assert sum(one["after"].get("delay") == "5m" for one in log) == 1


async def test_a_draft_that_says_what_there_is_goes_without_a_change(acme: Any) -> None:
    await put(acme, **await stored(acme))

    answer = await publish(acme, "flow/csat-flow")

    assert (answer.status_code, answer.json()["changes"]) == (200, [])
    assert (await acme.ask("configurer", "GET", DRAFT)).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/config/drafts/flow/x", ["no", "mapping"], 422),
        ("/v1/config/drafts/flow/x", {"id": "y"}, 422),
        ("/v1/config/drafts/flow/x", {"name": "a\x00"}, 422),
        (f"/v1/config/drafts/flow/{'x' * 201}", {}, 422),
        ("/v1/config/drafts/pigeon/x", {}, 404),
        ("/v1/config/drafts/account/twilio", {"auth_tokn": "a secret"}, 422),
        ("/v1/config/drafts/source/pbx", {"vendor": "x", "secrets": ["a secret"]}, 422),
        ("/v1/config/drafts/flow/x", {"name": "x" * 300_000}, 413),
    ],
)
async def test_what_no_draft_can_be_is_refused(
    acme: Any, path: str, body: Any, status: int
) -> None:
    answer = await acme.ask("configurer", "PUT", path, json=body)

    assert answer.status_code == status
    assert (await acme.ask("configurer", "GET", "/v1/config/drafts")).json() == {"drafts": []}


async def test_there_are_so_many_drafts_and_no_more(acme: Any) -> None:
    async with acme.runtime.db.transaction() as connection:
        await connection.execute(
            "insert into config.drafts (workspace, kind, id, body, written_at, written_by)"
            " select 'acme', 'flow', 'f' || n, '{}', $1, 'test' from generate_series(1, $2) n",
            NOW,
            MOST,
        )

    more = await acme.ask("configurer", "PUT", DRAFT, json={"survey": "csat"})
    again = await acme.ask("configurer", "PUT", "/v1/config/drafts/flow/f1", json={"delay": "1m"})

    assert (more.status_code, again.status_code) == (422, 200)


async def test_a_number_is_the_same_draft_however_it_is_spelled(acme: Any) -> None:
    path = "/v1/config/drafts/number"
    told = await put(acme, f"{path}/+1 202 555 0190", name="Billing")
    assert (told["id"], told["errors"]) == ("+12025550190", [])

    assert (await publish(acme, "number/+12025550190")).status_code == 200
    assert (await stored(acme, "/v1/config/documents/number/+12025550190"))["name"] == "Billing"


async def test_drafts_are_their_workspaces_and_for_whoever_may_write(acme: Any) -> None:
    await put(acme, **await stored(acme))

    reader = await acme.ask("reader", "GET", "/v1/config/drafts")
    stranger = await acme.ask("stranger", "GET", "/v1/config/drafts?workspace=acme")
    theirs = await acme.ask("stranger", "POST", PUBLISH, json=FIRST)
    operator = await acme.ask("operator", "GET", "/v1/config/drafts?workspace=acme")

    assert (reader.status_code, stranger.status_code, theirs.status_code) == (403, 403, 404)
    assert [one["id"] for one in operator.json()["drafts"]] == ["csat-flow"]


async def test_a_dry_run_plays_drafts_by_their_names(acme: Any) -> None:
    await put(acme, survey="none")
    since = {"from": (acme.runtime.clock() - timedelta(hours=1)).isoformat()}
    named = {"drafts": [{"kind": "flow", "id": "csat-flow"}], **since}
    wrong = await acme.ask("configurer", "POST", "/v1/flows/dry-run", json=named)
    await put(acme, **await stored(acme) | {"sampling_rate": 0.5})

    right = await acme.ask("configurer", "POST", "/v1/flows/dry-run", json=named)
    both = await acme.ask("configurer", "POST", "/v1/flows/dry-run", json=named | {"draft": {}})
    neither = await acme.ask("configurer", "POST", "/v1/flows/dry-run", json=since)
    missing = {"drafts": [{"kind": "flow", "id": "x"}], **since}
    unknown = await acme.ask("configurer", "POST", "/v1/flows/dry-run", json=missing)

    assert [one["field"] for one in wrong.json()["errors"]] == ["flow.csat-flow.survey"]
    assert [one.status_code for one in (right, both, neither, unknown)] == [202, 422, 422, 404]
