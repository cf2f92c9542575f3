"""What an operator allows at most, whatever a workspace writes."""

from collections.abc import Mapping
from typing import Any

import pytest

from common.config import ConfigReader
from common.errors import BadInput
from common.events.decisions import Reason
from orchestrator.domain.configuring.rights import Ceilings
from orchestrator.service.configuration.applying import Applying
from orchestrator.service.configuration.configuring import Configuring
from orchestrator.service.current_config import CurrentConfig
from orchestrator.testing import address, call, documents

CEILINGS = Ceilings(
    daily_asks=2,
    prefix_asks=100,
    stranger_replies=50,
    per_second=5.0,
    countries=frozenset({"US", "CA"}),
    documents=6,
    configuration=8_000,
    tests=20,
    numbers=12,
    recording_hosts=frozenset({"audio.example.com"}),
)
WITHIN: dict[str, Any] = {
    "daily_ceiling": 2,
    "prefix_ceiling": 100,
    "stranger_replies": 50,
    "countries": ["US"],
}
SENDER = {"number": "+16465550150", "per_second": 5.0}


def body(*, sender: Mapping[str, Any] = SENDER, **workspace: Any) -> dict[str, Any]:
    written = documents(workspace={**WITHIN, **workspace})
    written["accounts"][0]["senders"] = [sender]
    return written


async def apply(orchestra: Any, wanted: Mapping[str, Any], *, is_operator: bool = False) -> None:
    applying = Applying(
        orchestra.db, orchestra.stopping, clock=lambda: orchestra.now, ceilings=CEILINGS
    )
    configuring = Configuring(applying)
    await configuring.apply("acme", wanted, by="ann", is_operator=is_operator)


async def refused(orchestra: Any, wanted: Mapping[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(BadInput) as told:
        await apply(orchestra, wanted)
    return [(error.field, error.message) for error in told.value.errors]


async def test_what_is_within_the_ceilings_is_taken(empty: Any) -> None:
    await apply(empty, body())


@pytest.mark.parametrize(
    ("beyond", "place", "words"),
    [
        ({"daily_ceiling": 3}, "workspaces.0.daily_ceiling", "at most 2 here"),
        ({"prefix_ceiling": 101}, "workspaces.0.prefix_ceiling", "at most 100 here"),
        ({"stranger_replies": 51}, "workspaces.0.stranger_replies", "at most 50 here"),
        ({"countries": ["US", "LV"]}, "workspaces.0.countries", "not asked in here: LV"),
        (
            {"sender": SENDER | {"per_second": 5.1}},
            "accounts.0.senders.0.per_second",
            "at most 5 here",
        ),
    ],
)
async def test_a_workspace_is_told_what_it_cannot_pass_and_an_operator_can(
    empty: Any, beyond: dict[str, Any], place: str, words: str
) -> None:
    assert await refused(empty, body(**beyond)) == [(place, words)]

    await apply(empty, body(**beyond), is_operator=True)


async def test_a_workspace_has_so_many_documents(empty: Any) -> None:
    await apply(empty, body())  # five
    numbers = [{"number": "+12025550191"}, {"number": "+12025550192"}]

    [(_, words)] = await refused(empty, {"numbers": numbers})

    assert words == "a workspace has at most 6 documents, and these make 7"
    await apply(empty, {"numbers": numbers[:1]})


async def test_one_that_has_too_many_already_can_still_change_them(empty: Any) -> None:
    numbers = [{"number": f"+1202555019{n}"} for n in range(1, 4)]
    await apply(empty, body() | {"numbers": numbers}, is_operator=True)

    await apply(empty, {"numbers": [{"number": numbers[0]["number"], "name": "sales"}]})


def flows(count: int, *, tests: int = 0, **changes: Any) -> dict[str, Any]:
    when = {"any": [{"field": "attributes.a", "is": str(n)} for n in range(tests)]} if tests else {}
    shared = {"survey": "csat", "enabled": True, **changes}
    shared["when"] = {**when, **changes.get("when", {})}
    return {"flows": [{"id": f"f{n}", **shared} for n in range(count)]}


async def test_the_conditions_that_a_call_comes_by_are_so_many_at_most(empty: Any) -> None:
    """Each call of a workspace goes through them while the calls of all others wait."""
    await apply(empty, body())

    [(_, words)] = await refused(empty, flows(1, tests=30))

    assert words.startswith("a workspace has at most 20 flows and conditions for one call")
    await apply(empty, flows(1, tests=30, enabled=False))
    assert await refused(empty, flows(1, tests=30))  # switched on
    await apply(empty, flows(1, tests=5))


async def test_flows_of_other_queues_and_numbers_are_not_in_each_others_way(empty: Any) -> None:
    await apply(empty, body() | {"numbers": []})

    some = [
        {**flows(1, tests=5, when={"queues": [f"q{n}"]})["flows"][0], "id": f"f{n}"}
        for n in range(2)
    ]
    more = {**flows(1, tests=14, when={"queues": ["q1", "q2"]})["flows"][0], "id": "more"}

    await apply(empty, body() | {"numbers": [], "flows": some}, is_operator=True)
    elsewhere = more | {"when": more["when"] | {"queues": ["q3"]}}
    for flow, wrong in ((more, 2), (elsewhere, 1)):  # seven documents are too many, too
        assert len(await refused(empty, {"flows": [flow]})) == wrong


async def test_one_number_in_many_spellings_is_one(empty: Any) -> None:
    await apply(empty, body() | {"numbers": []}, is_operator=True)
    spelled = ("+12 025550177", "+1 2025550177", "+1 20 25550177")
    some = [
        {**flows(1, tests=8, when={"numbers": [one]})["flows"][0], "id": f"f{place}"}
        for place, one in enumerate(spelled)
    ]

    [*_, (_, words)] = await refused(empty, {"flows": some})

    assert words.endswith("flows and conditions for one call, and these make 28")


async def test_documents_name_so_many_telephone_numbers(empty: Any) -> None:
    await apply(empty, body() | {"numbers": []}, is_operator=True)
    lines = [f"+120255501{n:02}" for n in range(12)]

    [(_, words)] = await refused(empty, flows(1, when={"numbers": lines}))

    assert (
        words == "a workspace has at most 12 telephone numbers in its documents, and these make 13"
    )
    await apply(empty, flows(1, when={"numbers": lines[1:]}))


async def test_all_documents_of_a_workspace_have_so_many_bytes(empty: Any) -> None:
    """Every service holds all of them."""
    long = {"when": {"queues": [f"queue-{n:05}" for n in range(1_000)]}, "enabled": False}

    [(_, words)] = await refused(empty, body() | flows(1, **long))

    assert words.startswith("a workspace has at most 8000 bytes of documents")
    await apply(empty, body() | flows(1, **long), is_operator=True)
    await apply(empty, flows(1, when={"numbers": ["+12025550001"]}, enabled=False))


@pytest.fixture
async def deciding(empty: Any) -> Any:
    """With what was stored before there were ceilings."""
    await empty.configure(workspace={"daily_ceiling": 1_000, "countries": ["US", "GB"]})
    return empty


def below(orchestra: Any, ceilings: Ceilings) -> None:
    config = CurrentConfig(ConfigReader(orchestra.db), ceilings)
    for part in (orchestra.deciding, orchestra.dispatching):
        object.__setattr__(part, "config", config)


async def reasons(orchestra: Any) -> dict[str, str | None]:
    rows = await orchestra.rows("select interaction_id, reason from orchestrator.decisions")
    return {str(row["interaction_id"]): row["reason"] for row in rows}


async def test_what_is_stored_already_asks_no_more_in_a_day_than_the_operator_allows(
    deciding: Any,
) -> None:
    below(deciding, Ceilings(daily_asks=2))

    for batch in range(2):
        await deciding.take(*(call(f"{batch}-{n}", address=address(n)) for n in range(2)))

    told = list((await reasons(deciding)).values())
    assert told.count(None) == 2
    assert told.count(Reason.DAILY_CEILING) == 2


async def test_what_is_stored_already_asks_no_more_alike_than_the_operator_allows(
    deciding: Any,
) -> None:
    below(deciding, Ceilings(prefix_asks=1))

    await deciding.take(call("one"), call("two", address=address(7)))

    assert sorted(map(str, (await reasons(deciding)).values())) == ["None", "prefix_ceiling"]


async def test_what_is_stored_already_asks_nowhere_else_than_the_operator_allows(
    deciding: Any,
) -> None:
    below(deciding, Ceilings(countries=frozenset({"US"})))
    british = call("abroad", address="+442079460101", country="GB")

    await deciding.take(british, call("here"))

    told = await reasons(deciding)
    assert told[str(british.id)] == Reason.COUNTRY_NOT_ALLOWED
    assert told[str(call("here").id)] is None


def spoken(url: str) -> dict[str, Any]:
    written = body()
    written["surveys"][0]["voice"] = {"en": {"recordings": {"score": url}}}
    return written


PLACE = "surveys.0.voice.en.recordings.score"


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example.com/a.mp3",
        "https://audio.example.com.evil.example/a.mp3",
        "https://audio.example.com@evil.example/a.mp3",
        "https://[/a.mp3",
    ],
)
async def test_recordings_lie_where_the_operator_says(empty: Any, url: str) -> None:
    ((place, words),) = await refused(empty, spoken(url))

    assert place == PLACE
    assert "RECORDING_HOSTS" in words


async def test_recordings_of_a_known_host_are_taken_and_the_operators_stay(empty: Any) -> None:
    await apply(empty, spoken("https://audio.example.com/a.mp3"))
    elsewhere = spoken("https://elsewhere.example.com/a.mp3")
    await apply(empty, elsewhere, is_operator=True)

    await apply(empty, elsewhere)


async def test_recordings_are_encrypted_on_their_way(empty: Any) -> None:
    ((place, _),) = await refused(empty, spoken("http://audio.example.com/a.mp3"))

    assert place == PLACE
