"""What a stranger can find out and get at over HTTP: what is public, and no more."""

import httpx
import pytest

from common.process.web import SECURITY_HEADERS
from tests.hostile.stranger.listener import listening

OPERATION = ("/metrics", "/openapi.json", "/livez", "/docs", "/redoc")


@pytest.mark.parametrize("path", OPERATION)
async def test_what_is_for_operation_is_not_public(path: str) -> None:
    async with listening() as listener, httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(listener.url + path)).status_code == 404
        if path != "/redoc":
            assert (await client.get(listener.internal_url + path)).status_code == 200


async def test_a_trailing_slash_goes_nowhere() -> None:
    """A redirect would take the key in the URL to the host that the caller names."""
    async with listening() as listener, httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(
            f"{listener.url}/things/secret/", headers={"host": "evil.example"}
        )

    assert answer.status_code == 404
    assert "location" not in answer.headers
    assert "evil" not in answer.text


async def test_a_method_that_is_not_served_is_told_all_that_are() -> None:
    async with listening() as listener, httpx.AsyncClient(trust_env=False) as client:
        there = await client.put(f"{listener.url}/things/one")
        nowhere = await client.put(f"{listener.url}/nowhere")

    assert (there.status_code, there.headers["allow"]) == (405, "DELETE, GET")
    assert (nowhere.status_code, "allow" in nowhere.headers) == (404, False)


async def test_every_answer_has_the_security_headers() -> None:
    async with listening() as listener, httpx.AsyncClient(trust_env=False) as client:
        answers = [
            await client.get(f"{listener.url}/things/one"),
            await client.get(f"{listener.url}/nowhere"),
            await client.get(f"{listener.url}/things/one?many=x"),
            await client.post(f"{listener.url}/echo", content=b"a" * 300_000),
        ]

    assert [one.status_code for one in answers] == [200, 404, 422, 413]
    for answer in answers:
        assert {n.encode() for n in answer.headers} >= SECURITY_HEADERS.keys()
        assert "server" not in answer.headers


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("many=99999999999999999999999", "query.many", "64 bits"),
        ("many=-9223372036854775809", "query.many", "64 bits"),
        ("many=1&many=2", "query.many", "given twice"),
        ("mnay=1", "query.mnay", "unknown; there are: many, word"),
        ("word=a%00b", "query.word", "control character"),
        ("word=%ff", "query.word", "UTF-8"),
        ("word=+12025550101", "query.word", "%2B"),
        ("word=" + "a" * 2_000, "query.word", "longer"),
    ],
)
async def test_a_query_is_held_to_what_is_declared(query: str, field: str, message: str) -> None:
    async with listening() as listener, httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{listener.url}/things/one?{query}")

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert message in error["message"]


@pytest.mark.parametrize(
    ("proxies", "believed"), [("127.0.0.1", True), ("10.0.0.0/8,192.168.0.0/16", False)]
)
async def test_who_came_is_believed_of_known_proxies_alone(proxies: str, believed: bool) -> None:
    headers = {"x-forwarded-for": "198.51.100.7"}
    async with listening(proxies=proxies) as listener, httpx.AsyncClient(trust_env=False) as client:
        seen = (await client.get(f"{listener.url}/address", headers=headers)).json()

    assert seen == ("198.51.100.7" if believed else "127.0.0.1")


async def test_a_path_holds_no_control_characters() -> None:
    async with listening() as listener, httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{listener.url}/things/a%00b")).status_code == 400
        assert (await client.get(f"{listener.url}/things/a%2Bb?word=a+b")).json() == {
            "thing": "a+b",
            "many": 1,
            "word": "a b",
        }


async def test_the_address_itself_says_where_things_are() -> None:
    async with listening() as listener, httpx.AsyncClient(trust_env=False) as client:
        there = await client.get(f"{listener.url}/")
        page = await client.get(f"{listener.internal_url}/docs")

    assert there.json()["name"] == "Aftercall"
    assert "/docs" in there.json()["documentation"]
    assert "<h2><code>GET /things/{thing}" in page.text
    assert "<script" not in page.text


async def test_answers_end_with_a_newline_and_say_how_to_come_in() -> None:
    async with listening() as listener, httpx.AsyncClient(trust_env=False) as client:
        good = await client.get(f"{listener.url}/things/one")
        bad = await client.get(f"{listener.url}/nowhere")
        head = await client.head(f"{listener.url}/")

    for answer in (good, bad):
        assert answer.text.endswith("}\n")
        assert len(answer.content) == int(answer.headers["content-length"])
    assert head.content == b""
