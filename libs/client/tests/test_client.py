"""What a client does with answers, before a real HTTP server that says what it is told to say."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from aftercall_client import (
    Aftercall,
    AsyncAftercall,
    Problem,
    Unreachable,
    analytics,
    orchestrator,
)

BUSY = (503, "application/problem+json", {"title": "Unavailable", "status": 503})
PROXY = (502, "text/html", "<h1>Bad gateway</h1>")
FINE = (200, "application/json", {"scores": []})
READ = analytics.read_scores()
CHANGE = orchestrator.switch_flow("after-calls", {"enabled": False})


@dataclass
class Server:
    """Gives `answers` (status, type, body) one after the other; keeps what it was asked."""

    url: str = ""
    answers: list[tuple[int, str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    told = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            told.asked.append((self.command, self.path, headers, body))
            if not told.answers:  # breaks off
                self.close_connection = True
                return
            status, kind, content = told.answers.pop(0)
            data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("X-Request-ID", "r-1")
            self.send_header("ETag", '"v1"')
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        told.url = f"http://127.0.0.1:{http.server_port}"
        yield told
        http.shutdown()
        thread.join()


@pytest.fixture
def aftercall(server: Server) -> Iterator[Aftercall]:
    with Aftercall(server.url, "ac_1_secret", patience=5) as client:
        yield client


def test_a_query_is_written_as_the_api_reads_it(server: Server, aftercall: Aftercall) -> None:
    server.answers = [FINE]
    aftercall.send(
        analytics.read_scores(from_=date(2026, 1, 5), queue=["billing", "a&b"], score=[1], to="x")
    )
    method, path, headers, _ = server.asked[0]
    wanted = "/v1/scores?from=2026-01-05&queue=billing&queue=a%26b&score=1&to=x"
    assert (method, path) == ("GET", wanted)
    assert headers["authorization"] == "Bearer ac_1_secret"


def test_an_id_stays_within_its_place_in_the_path() -> None:
    odd = orchestrator.get_document("flow", "../keys?x=1#y")
    assert odd.url() == "/v1/config/documents/flow/..%2Fkeys%3Fx%3D1%23y"


@pytest.mark.parametrize("odd", ["", ".", ".."])
def test_a_part_that_would_lead_elsewhere_is_refused(odd: str) -> None:
    with pytest.raises(ValueError, match="no part of a path"):
        orchestrator.get_document("flow", odd).url()


def test_what_the_platform_could_not_store_is_sent_again_even_a_change(
    server: Server, aftercall: Aftercall
) -> None:
    server.answers = [BUSY, (429, BUSY[1], {}), (200, "application/json", {"changed": True})]
    assert aftercall.send(CHANGE) == {"changed": True}
    bodies = [body for *_, body in server.asked]
    assert bodies == [b'{"enabled": false}'] * 3


def test_what_a_proxy_says_is_tried_again_where_twice_does_as_once(
    server: Server, aftercall: Aftercall
) -> None:
    server.answers = [PROXY, FINE, PROXY, FINE]
    assert aftercall.send(READ) == {"scores": []}
    with pytest.raises(Problem, match="502") as told:
        aftercall.send(CHANGE)
    assert told.value.code == "http_502"
    assert len(server.asked) == 3


def test_a_lost_answer_is_asked_for_again_and_a_lost_change_is_told(
    server: Server, aftercall: Aftercall
) -> None:
    with pytest.raises(Unreachable):
        aftercall.send(CHANGE)
    assert len(server.asked) == 1
    with Aftercall(server.url, "ac_1_secret", patience=1) as hasty, pytest.raises(Unreachable):
        hasty.send(READ)
    assert len(server.asked) > 2


def test_patience_ends(server: Server) -> None:
    server.answers = [BUSY] * 100
    with Aftercall(server.url, "k", patience=0.6) as hasty, pytest.raises(Problem) as told:
        hasty.send(READ)
    assert told.value.status == 503
    assert 1 < len(server.asked) < 10


def test_a_refusal_tells_every_wrong_field_and_is_not_repeated(
    server: Server, aftercall: Aftercall
) -> None:
    wrong = [{"field": "query.by", "message": "must be 'queue'"}, "?"]
    kind = "urn:aftercall:problem:invalid_request"
    body = {"type": kind, "title": "Invalid request", "status": 422, "errors": wrong}
    server.answers = [(422, BUSY[1], body)]
    with pytest.raises(Problem, match=r"query\.by: must be 'queue'") as told:
        aftercall.send(READ)
    assert told.value.code == "invalid_request"
    assert told.value.errors == [("query.by", "must be 'queue'")]
    assert told.value.request_id == "r-1"
    assert len(server.asked) == 1


def test_pages_go_on_by_their_cursor_with_the_same_filter(
    server: Server, aftercall: Aftercall
) -> None:
    pages = [{"calls": [1], "next_cursor": "c/1"}, {"calls": [], "next_cursor": "c2"}]
    server.answers = [(200, "application/json", p) for p in [*pages, {"next_cursor": None}]]
    assert len(list(aftercall.pages(analytics.read_calls(queue=["billing"])))) == 3
    assert [path for _, path, *_ in server.asked] == [
        "/v1/calls?queue=billing",
        "/v1/calls?queue=billing&cursor=c%2F1",
        "/v1/calls?queue=billing&cursor=c2",
    ]


def test_a_document_comes_with_its_tag(server: Server, aftercall: Aftercall) -> None:
    server.answers = [FINE, FINE]
    _, tag = aftercall.tagged(orchestrator.get_document("flow", "a"))
    aftercall.send(orchestrator.patch_document("flow", "a", {"enabled": True}, if_match=tag))
    assert server.asked[1][2]["if-match"] == '"v1"'


def test_a_file_comes_in_pieces_and_its_refusal_as_a_problem(
    server: Server, aftercall: Aftercall
) -> None:
    server.answers = [(200, "text/csv", "a,b\n1,2\n"), (403, BUSY[1], {"title": "Not allowed"})]
    assert b"".join(aftercall.stream(analytics.export_calls())) == b"a,b\n1,2\n"
    with pytest.raises(Problem, match="Not allowed"):
        list(aftercall.stream(analytics.export_calls()))


async def test_asyncio_does_the_same(server: Server) -> None:
    page = (200, "application/json", {"calls": [], "next_cursor": None})
    server.answers = [BUSY, FINE, page, (200, "text/csv", "a\n")]
    async with AsyncAftercall(server.url, "k", patience=5) as client:
        answer, tag = await client.tagged(READ)
        assert (answer, tag) == ({"scores": []}, '"v1"')
        assert [page async for page in client.pages(analytics.read_calls())] == [page[2]]
        assert [piece async for piece in client.stream(analytics.export_calls())] == [b"a\n"]


@pytest.mark.parametrize(
    ("url", "key"), [("example.com", "ac_1"), ("https://example.com", "ac_1\n"), ("https://x", "ä")]
)
def test_what_cannot_be_an_address_or_a_key_is_said_at_once(url: str, key: str) -> None:
    with pytest.raises(ValueError, match=r"no address|copy it again"):
        Aftercall(url, key)
