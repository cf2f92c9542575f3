"""Submitted together, written together; each caller learns what became of its own."""

import asyncio
from collections.abc import Sequence

import pytest

from common.errors import Retry
from common.group_commit import GroupCommit


class Slow:
    """Writes when it is let, and remembers what."""

    def __init__(self) -> None:
        self.written: list[list[int]] = []
        self.free = asyncio.Event()

    async def write(self, items: Sequence[int]) -> None:
        await self.free.wait()
        self.written.append(list(items))


async def test_what_waits_is_written_in_one_batch_in_order() -> None:
    slow = Slow()
    commit = GroupCommit(slow.write, limit=3)
    waiting = [asyncio.create_task(commit.put(number)) for number in range(6)]
    await asyncio.sleep(0)
    slow.free.set()
    await asyncio.gather(*waiting)

    assert slow.written == [[0, 1, 2], [3, 4, 5]]


async def test_the_items_of_one_call_stay_together_even_when_they_are_more_than_a_batch() -> None:
    slow = Slow()
    slow.free.set()
    commit = GroupCommit(slow.write, limit=3)
    await asyncio.gather(commit.put(1, 2), commit.put(3, 4, 5, 6), commit.put(7))

    assert slow.written == [[1, 2], [3, 4, 5, 6], [7]]


async def test_only_the_caller_of_a_bad_item_gets_its_error_and_all_others_are_written() -> None:
    written: list[int] = []

    async def write(items: Sequence[int]) -> None:
        if 13 in items:
            raise ValueError("13")
        written.extend(items)

    commit = GroupCommit(write)
    results = await asyncio.gather(
        *(commit.put(number) for number in range(20)), return_exceptions=True
    )

    assert [number for number, result in enumerate(results) if result is not None] == [13]
    assert isinstance(results[13], ValueError)
    assert written == [number for number in range(20) if number != 13]


async def test_trouble_that_passes_reaches_everybody_of_the_batch_and_is_not_tried_in_halves() -> (
    None
):
    tries = 0

    async def write(items: Sequence[int]) -> None:
        nonlocal tries
        tries += 1
        raise Retry("away")

    commit = GroupCommit(write)
    results = await asyncio.gather(
        *(commit.put(number) for number in range(8)), return_exceptions=True
    )

    assert all(isinstance(result, Retry) for result in results)
    assert tries == 1


async def test_more_than_may_wait_is_refused_at_once_and_taken_again_when_there_is_room() -> None:
    slow = Slow()
    commit = GroupCommit(slow.write, limit=1, most=3)
    first = asyncio.create_task(commit.put(0))
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(commit.put(number)) for number in (1, 2, 3)]
    await asyncio.sleep(0)

    with pytest.raises(Retry, match="too much waits"):
        await commit.put(4)

    slow.free.set()
    await asyncio.gather(first, *waiting)
    await commit.put(5)
    assert slow.written == [[0], [1], [2], [3], [5]]


async def test_what_waits_is_weighed_so_that_a_few_large_items_fill_the_queue_too() -> None:
    slow = Slow()
    commit = GroupCommit(slow.write, limit=10, most=100, weigh=lambda item: item)
    first = asyncio.create_task(commit.put(10))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(commit.put(99))
    await asyncio.sleep(0)

    with pytest.raises(Retry):
        await commit.put(2)

    slow.free.set()
    await asyncio.gather(first, waiting)


async def test_an_item_whose_caller_has_gone_is_not_written_and_takes_no_room() -> None:
    slow = Slow()
    commit = GroupCommit(slow.write, limit=1, most=1)
    first = asyncio.create_task(commit.put(1))
    await asyncio.sleep(0)
    second = asyncio.create_task(commit.put(2))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    slow.free.set()
    await first
    await commit.put(3)

    assert slow.written == [[1], [3]]


async def test_closing_writes_what_was_submitted_and_refuses_what_comes_after() -> None:
    slow = Slow()
    commit = GroupCommit(slow.write)
    waiting = asyncio.create_task(commit.put(1))
    await asyncio.sleep(0)
    slow.free.set()
    await commit.close()
    await waiting

    with pytest.raises(Retry, match="closed"):
        await commit.put(2)
    assert slow.written == [[1]]
