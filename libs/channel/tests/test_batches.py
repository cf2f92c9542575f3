"""Submitted together, written together; each caller learns what became of its own."""

import asyncio
from collections.abc import Sequence

import pytest

from channel.store.batches import Batches


async def test_what_waits_is_written_in_one_batch() -> None:
    written: list[list[int]] = []
    free = asyncio.Event()

    async def write(items: Sequence[int]) -> None:
        written.append(list(items))
        await free.wait()

    batches = Batches(write, limit=3)
    waiting = [asyncio.create_task(batches.put(number)) for number in range(6)]
    await asyncio.sleep(0)
    free.set()
    await asyncio.gather(*waiting)

    assert [number for batch in written for number in batch] == list(range(6))
    assert max(len(batch) for batch in written) == 3


async def test_a_failure_reaches_those_of_its_batch_and_no_others() -> None:
    async def write(items: Sequence[int]) -> None:
        if 1 in items:
            raise ValueError(items)

    batches = Batches(write, limit=2)
    results = await asyncio.gather(
        *(batches.put(number) for number in range(4)), return_exceptions=True
    )

    assert [type(result) for result in results] == [ValueError, ValueError, type(None), type(None)]


async def test_an_item_whose_caller_has_gone_is_not_written() -> None:
    written: list[int] = []
    free = asyncio.Event()

    async def write(items: Sequence[int]) -> None:
        await free.wait()
        written.extend(items)

    batches = Batches(write, limit=1)
    first = asyncio.create_task(batches.put(1))
    second = asyncio.create_task(batches.put(2))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    free.set()
    await first

    assert written == [1]
