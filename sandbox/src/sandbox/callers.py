"""The people at the other end: they read what arrives on their phone and write back."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Protocol

from sandbox.carrier import Text
from sandbox.personas import HABITS, Habit, Mind, Persona, Planned, Talk, persona_of, react
from sandbox.reading import scale_in
from sandbox.tasks import Tasks


class Network(Protocol):
    """Who brings messages to phones and takes what people write; see `Carrier`."""

    listeners: list[Callable[[Text], None]]
    tasks: Tasks

    async def receive(
        self,
        person: str,
        to: str,
        *,
        body: str,
        account: str | None = None,
        part: str = "",
        meant: int | None = None,
    ) -> str: ...


class Callers:
    """Listens to a carrier. `delays` in seconds, from reading to writing.

    `fixed` gives numbers a habit; the others draw one from `habits`. `scores` gives, by metric,
    the weight of every score from the lowest; without it the last call's quality decides.
    `late_after` in seconds, for those who answer when the survey has expired. `not_for`: whose
    telephone somebody else holds.
    """

    def __init__(
        self,
        carrier: Network,
        *,
        seed: int = 0,
        habits: Mapping[Habit, float] = HABITS,
        fixed: Mapping[str, Habit] | None = None,
        scores: Mapping[str, Sequence[float]] | None = None,
        delays: tuple[float, float] = (0.05, 0.4),
        late_after: float = 5.0,
        not_for: Callable[[str], bool] = lambda number: False,
    ) -> None:
        self._carrier = carrier
        self._seed = seed
        self._habits = habits
        self._fixed = dict(fixed or {})
        self._scores = scores or {}
        self._delays = delays
        self._late_after = late_after
        self._not_for = not_for
        self._talks: dict[tuple[str, str], Talk] = {}  # (person, our number)
        self._quality: dict[str, float] = {}
        self._texts: Counter[str] = Counter()
        carrier.listeners.append(self.hear)

    def persona(self, number: str) -> Persona:
        habit = self._fixed.get(number)
        return Persona(number, habit) if habit else persona_of(number, self._seed, self._habits)

    def had_call(self, number: str, quality: float) -> None:
        """How a call went for this person, 0 to 1; the next opinion follows from it."""
        self._quality[number] = quality

    def hear(self, text: Text) -> None:
        """A text arrives. What the carrier itself says is read and left."""
        if text.by_carrier or self._not_for(text.person):
            return
        persona = self.persona(text.person)
        self._texts[text.person] += 1
        draw = Random(f"{self._seed}/{text.person}/{self._texts[text.person]}")  # noqa: S311
        scale = scale_in(text.body)
        mind = Mind(
            draw,
            self._quality.get(text.person, 0.8),
            self._scores.get(scale.metric, ()) if scale else (),
        )
        key = text.person, text.sender
        talk, planned = react(persona.habit, self._talks.get(key, Talk()), text.body, mind=mind)
        self._talks[key] = talk
        if planned:
            self._carrier.tasks.spawn(self._write(text, planned, draw))

    async def _write(self, text: Text, planned: Sequence[Planned], draw: Random) -> None:
        """In order, each when the one before has arrived, as phones do."""
        key = text.person, text.sender
        for plan in planned:
            pause = self._late_after if plan.late else draw.uniform(*self._delays)
            await asyncio.sleep(0 if plan.at_once else pause)
            self._talks[key] = replace(self._talks[key], unanswered=True)
            await self._carrier.receive(
                text.person,
                text.sender,
                body=plan.body,
                account=text.account,
                part=plan.part,
                meant=plan.meant,
            )
