"""Who may write to one topic packs much into little: it ends nobody, and nobody waits for it."""

import gzip
import os
from collections.abc import Sequence
from typing import Any

import cramjam
import pytest
from aiokafka import codec

from common.bus import Record
from common.bus.kafka import KafkaBus
from common.bus.kafka_unpacking import MOST, NotUnpacked, install
from common.database import Database
from common.errors import BadInput, BadRecords
from common.streams.dead_letters import list_dead
from common.topics import intake
from tests.hostile.producer.conftest import Careless
from tests.hostile.producer.test_odd_records import consumed

SOURCE = intake("acme-pbx")
CODECS = {"gzip": 1, "lz4": 3, "zstd": 4}
BOMB = bytes(2 * MOST)


async def test_a_batch_that_becomes_too_large_is_set_aside_and_the_partition_goes_on(
    careless: Careless, kafka_bus: KafkaBus, database: Database
) -> None:
    await careless.make_topics({SOURCE: 1})
    for number, name in enumerate(CODECS):
        await careless.write(SOURCE, b"good", codec=number and CODECS[name])
        await careless.write(SOURCE, BOMB, codec=CODECS[name])
    await careless.write(SOURCE, b"good")
    await careless.write(SOURCE, BOMB, codec=CODECS["zstd"])  # nothing comes after it
    handled: list[bytes] = []

    async def handle(records: Sequence[Record]) -> None:
        bad = {n: BadInput.at("", "no value") for n, one in enumerate(records) if not one.value}
        if bad:
            raise BadRecords(bad)
        handled.extend(one.value or b"" for one in records)

    await consumed(kafka_bus, handle)

    assert handled == [b"good"] * (len(CODECS) + 1)
    dead = await list_dead(kafka_bus, SOURCE)
    assert len(dead) == len(CODECS) + 1
    assert {one.value for one in dead} == {None}


def _unpacker(name: str) -> Any:
    install()
    from aiokafka.record import default_records

    return getattr(default_records, f"{name}_decode")


@pytest.mark.parametrize("name", [*CODECS, "snappy"])
@pytest.mark.parametrize("data", [b"", b"x", b"{}" * 5_000, os.urandom(70_000), bytes(MOST)])
def test_what_producers_pack_is_unpacked(name: str, data: bytes) -> None:
    packed = getattr(codec, f"{name}_encode")(data)

    assert _unpacker(name)(memoryview(packed)) == data


@pytest.mark.parametrize("name", [*CODECS, "snappy"])
def test_no_more_than_a_bound_is_unpacked(name: str) -> None:
    packed = getattr(codec, f"{name}_encode")(bytes(MOST + 1))

    for spoiled in (packed, packed[: len(packed) // 2], b"no such thing" * 9):
        with pytest.raises(NotUnpacked):
            _unpacker(name)(spoiled)


def test_streams_that_go_on_and_raw_blocks_are_read() -> None:
    assert _unpacker("gzip")(gzip.compress(b"a") + gzip.compress(b"b")) == b"ab"
    assert _unpacker("snappy")(bytes(cramjam.snappy.compress_raw(b"ab"))) == b"ab"
    claims = b"\xff\xff\xff\xff\x0f" + b"x" * 20  # 4 GiB
    with pytest.raises(NotUnpacked):
        _unpacker("snappy")(claims)
