"""What the bench says about itself is so: what a turn is fed, what is counted, who agrees."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from bench import side_by_side
from bench.events import interactions, with_copies
from bench.growth import FLOWS, sizes_of_flows
from bench.side_by_side import Outcome
from bench.wire import SOCKET, counted


def test_one_call_in_a_hundred_comes_twice() -> None:
    feed = list(with_copies(interactions(400, seed=1)))

    times = Counter(message.value for message in feed)
    assert Counter(times.values()) == {1: 396, 2: 4}


@pytest.mark.parametrize("by", ["queue", "tag"])
def test_however_many_flows_there_are_each_call_comes_by_one(by: str) -> None:
    for grown in sizes_of_flows(by):
        flows = [one.body for one in grown.documents if one.kind == "flow" and one.body]
        named = Counter(name for flow in flows for name in flow["when"][f"{by}s"])
        assert len(flows) == grown.size
        assert set(named.values()) == {1}
        assert set(named) == set(grown.mix.queues if by == "queue" else grown.mix.tags)
    assert [grown.size for grown in sizes_of_flows(by)] == list(FLOWS)


def test_whoever_decides_otherwise_or_tells_less_is_seen() -> None:
    ours = Outcome({"a": ("skip", "talk_time"), "b": ("invite", None)}, {"t": frozenset("12")})
    other = Outcome({"a": ("skip", "talk_time"), "b": ("skip", "opted_out")}, {"t": frozenset("1")})

    assert other.like(ours) == "1 of 2 decisions agree, 1 of 2 events of t"


def test_what_is_not_here_is_said_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(side_by_side, "PEERS", tmp_path / "python")

    assert "`make peers`" in (side_by_side.missing() or "")


async def test_a_round_trip_is_counted_however_many_writes_it_takes(tmp_path: Path) -> None:
    left = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
            await writer.drain()
        writer.close()
        await writer.wait_closed()
        left.set()

    server = await asyncio.start_unix_server(answer, str(tmp_path / SOCKET))
    with counted(tmp_path, tmp_path / "counted") as wire:
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "counted" / SOCKET))
        for _ in range(3):
            writer.write(b"in two ")
            await writer.drain()
            await asyncio.sleep(0.02)
            writer.write(b"parts\n")
            assert await reader.readline() == b"in two parts\n"
        writer.close()
        await writer.wait_closed()
        await left.wait()
    server.close()

    assert wire.trips == 3
