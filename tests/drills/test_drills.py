"""Everything dies at every moment, under load, and no promise is broken."""

import asyncio
import os
import signal
from collections.abc import Callable
from random import SystemRandom

import pytest
import uvloop

from tests.drills.drill import drill
from tests.drills.size import FULL, SHORT, Size


@pytest.fixture
def say() -> Callable[[str], None]:
    """Shown with `-s`, and when the drill fails."""

    def show(line: str) -> None:
        print(line, flush=True)  # noqa: T201

    return show


@pytest.mark.e2e
def test_a_short_drill_breaks_no_promise(say: Callable[[str], None]) -> None:
    breaks_no_promise(SHORT, say)


@pytest.mark.drill
def test_a_full_drill_breaks_no_promise(say: Callable[[str], None]) -> None:
    breaks_no_promise(FULL, say)


def breaks_no_promise(size: Size, say: Callable[[str], None]) -> None:
    seed = int(os.environ.get("AFTERCALL_DRILL_SEED") or SystemRandom().randrange(10_000))
    say(f"\nAFTERCALL_DRILL_SEED={seed} {size}")
    uvloop.run(_drill(size, seed, say))


async def _drill(size: Size, seed: int, say: Callable[[str], None]) -> None:
    mine = asyncio.current_task()
    assert mine is not None
    # As Ctrl-C does already: what a drill has started is stopped.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, mine.cancel)
    async with drill(size, say) as running:
        drilled = await running.run(seed)
        say(str(drilled))
        assert not drilled.report.wrong
        assert not drilled.unexplained, "unknown, and in flight at no death"
        assert not drilled.unasked, "\n".join(map(str, drilled.unasked))
        assert drilled.fewest_sends >= size.sends
        assert drilled.fewest_replies >= size.replies
