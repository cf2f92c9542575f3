"""What follows in a plan: the examples that people think of, and every order that they do not."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.config import PlanStep, When
from common.events.sends import DeliveryStatus as Told
from common.events.sends import FailureClass, StepKind
from common.events.values import Channel
from orchestrator.domain.channel_plan import (
    ANSWERED,
    FLOW_DISABLED,
    NOT_TAKEN,
    Course,
    Effect,
    HandedOver,
    Happening,
    InvitationStatus,
    NotTaken,
    Reported,
    StepState,
    Stopped,
    Unusable,
    after,
)
from orchestrator.testing import NOW

from .plans import FATES, HOUR, SEEN, course, plans, reports, step

SMS, WHATSAPP, EMAIL = Channel.SMS, Channel.WHATSAPP, Channel.EMAIL
REMINDED = (PlanStep(), step(after=4 * HOUR))
FALLEN_BACK = (PlanStep(channel=WHATSAPP), step(SMS), step(EMAIL))


def told(course: Course, *happenings: Happening) -> Effect:
    """What followed from all of them; the parts of each effect together."""
    effects = []
    for happening in happenings:
        effects.append(after(course, happening, NOW))
        course = effects[-1].course
    return Effect(
        course=course,
        call_back=tuple(number for one in effects for number in one.call_back),
        report=tuple(number for one in effects for number in one.report),
        frees_slot=any(one.frees_slot for one in effects),
    )


def handed_over(*steps: PlanStep, **details: Any) -> Course:
    return told(course(*steps, **details), HandedOver(0)).course


def shown(course: Course) -> list[tuple[int, str, str, str | None]]:
    return [(s.number, s.kind, s.state, s.reason) for s in course.steps]


def sent(number: int = 0) -> Reported:
    return reports(number, "sent")[0]


def failed(number: int = 0) -> Reported:
    return reports(number, "failed")[0]


def test_silence_is_counted_from_when_the_ask_went_out() -> None:
    found = told(handed_over(*REMINDED), sent()).course

    reminder = found.steps[1]
    assert (reminder.kind, reminder.state) == (StepKind.REMINDER, StepState.WAITING)
    assert reminder.due_at == NOW + 4 * HOUR
    assert reminder.send_by == NOW + 8 * HOUR
    assert found.status == InvitationStatus.ASKED


def test_a_step_has_no_longer_to_go_out_than_answers_are_taken() -> None:
    found = told(handed_over(*REMINDED, expiry=5 * HOUR), sent()).course

    assert found.steps[1].send_by == NOW + 5 * HOUR


def test_a_final_failure_brings_the_next_step_at_once() -> None:
    found = told(handed_over(*FALLEN_BACK), failed())

    assert shown(found.course) == [
        (0, "ask", "failed", "carrier said so"),
        (1, "fallback", "waiting", None),
    ]
    assert found.course.steps[1].due_at == NOW
    assert found.course.status == InvitationStatus.PENDING
    assert not found.frees_slot


def test_the_last_failure_ends_it_and_frees_the_slot() -> None:
    found = told(
        handed_over(*FALLEN_BACK),
        *(failed(0), HandedOver(1), failed(1), HandedOver(2), failed(2)),
    )

    assert found.course.status == InvitationStatus.FAILED
    assert found.frees_slot


@pytest.mark.parametrize(
    "outcome",
    [
        reports(0, "unknown")[0],
        Reported(number=0, status=Told.FAILED, final=False),
        Reported(number=0, status=Told.QUEUED),
        Reported(number=7, status=Told.FAILED, final=True),
    ],
    ids=["unknown", "not final", "news", "a step that there is not"],
)
def test_only_a_final_failure_goes_on(outcome: Reported) -> None:
    found = told(handed_over(*FALLEN_BACK), outcome)

    assert len(found.course.steps) == 1
    assert found.course.status == InvitationStatus.ASKED
    assert not found.frees_slot


def test_a_step_that_nobody_took_goes_on_and_is_called_back_and_told_about() -> None:
    found = told(handed_over(*FALLEN_BACK), NotTaken(0))

    assert shown(found.course) == [
        (0, "ask", "failed", NOT_TAKEN),
        (1, "fallback", "waiting", None),
    ]
    assert (found.call_back, found.report) == ((0,), (0,))


def test_an_ask_that_nobody_took_frees_its_slot_once() -> None:
    first = told(handed_over(), NotTaken(0))
    again = told(first.course, NotTaken(0), failed(), reports(0, "refused")[0])

    assert (first.frees_slot, again.frees_slot) == (True, False)
    assert first.course.status == InvitationStatus.FAILED
    assert (again.report, again.call_back) == ((), ())


def test_what_was_called_back_and_never_taken_ends_as_cancelled() -> None:
    found = told(handed_over(*FALLEN_BACK), Stopped(FLOW_DISABLED), NotTaken(0))

    assert shown(found.course) == [(0, "ask", "cancelled", FLOW_DISABLED)]
    assert (found.course.status, found.frees_slot) == (InvitationStatus.CANCELLED, True)


def test_a_channel_that_cannot_be_used_is_passed_over() -> None:
    found = told(course(*FALLEN_BACK), Unusable(0, "no_consent"))

    assert shown(found.course) == [
        (0, "ask", "passed_over", "no_consent"),
        (1, "ask", "waiting", None),  # the first that anybody sees
    ]


def test_the_last_that_cannot_be_used_ends_it() -> None:
    found = told(course(), Unusable(0, "opted_out"))

    assert (found.course.status, found.course.reason) == (InvitationStatus.CANCELLED, "opted_out")
    assert (found.frees_slot, found.report) == (True, (0,))


def test_a_reminder_is_put_back_when_its_ask_failed_after_all_and_may_come_again() -> None:
    steps = (PlanStep(), step(WHATSAPP), step(WHATSAPP, after=HOUR))
    found = told(handed_over(*steps), *reports(0, "undelivered"))
    assert shown(found.course) == [
        (0, "ask", "failed", "carrier said so"),
        (1, "fallback", "waiting", None),
        (2, "fallback", "cancelled", "ask_failed"),
    ]

    again = told(found.course, HandedOver(1), sent(1))
    assert shown(again.course)[2] == (2, "reminder", "waiting", None)


@pytest.mark.parametrize("reason", [ANSWERED, "opted_out", FLOW_DISABLED, "newer_call"])
def test_a_stop_ends_what_waits(reason: str) -> None:
    found = told(handed_over(*REMINDED), sent(), Stopped(reason))
    late = told(found.course, failed(), *reports(0, "delivered"))

    assert shown(found.course)[1] == (1, "reminder", "cancelled", reason)
    assert found.call_back == ()
    assert len(late.course.steps) == 2
    answered = InvitationStatus.ANSWERED if reason == ANSWERED else None
    assert (late.course.status == InvitationStatus.ANSWERED) is (answered is not None)


def test_a_stop_calls_back_what_its_sender_may_have() -> None:
    found = told(handed_over(*FALLEN_BACK), Stopped("opted_out"))
    late = told(found.course, failed())

    assert found.call_back == (0,)
    assert shown(late.course) == [(0, "ask", "failed", "carrier said so")]
    assert late.frees_slot


def test_a_provider_that_says_opted_out_ends_the_plan() -> None:
    refused = Reported(number=0, status=Told.FAILED, final=True, failure=FailureClass.OPTED_OUT)

    found = told(handed_over(*FALLEN_BACK), refused)

    assert shown(found.course) == [(0, "ask", "failed", "opted_out")]
    assert found.course.stopped == "opted_out"


def test_a_refused_reminder_ends_nothing() -> None:
    reminded = told(handed_over(*REMINDED), sent(), HandedOver(1)).course

    for fate in ("refused", "failed"):
        found = told(reminded, *reports(1, fate))
        assert found.course.status == InvitationStatus.ASKED
        assert not found.frees_slot


@dataclass
class World:
    """An invitation, what truly happens to its steps, and what is still to be told of it."""

    course: Course
    fates: dict[int, str]
    on_its_way: list[Happening] = field(default_factory=list)
    over: list[Happening] = field(default_factory=list)  # told once, and may come again
    handed_over: list[int] = field(default_factory=list)
    slots_freed: int = 0
    untaken: bool = False
    answered: bool = False

    def take(self, happening: Happening, now: Any) -> None:
        before = self.course
        effect = after(before, happening, now)
        self.course = effect.course
        self.slots_freed += effect.frees_slot
        if happening == Stopped(ANSWERED):
            self.answered = True
        for number in effect.call_back:  # a sender that has not begun never will
            if self.fates[number] == "nothing":
                self.fates[number] = "nothing for ever"
        self._unknown_is_waited_for(before, happening)

    def _unknown_is_waited_for(self, before: Course, happening: Happening) -> None:
        last = max((s.number for s in before.steps if s.state == StepState.UNKNOWN), default=None)
        if last is not None and self.course.step(last).state == StepState.UNKNOWN:  # type: ignore[union-attr]
            new = {s.number for s in self.course.steps} - {s.number for s in before.steps}
            assert not {number for number in new if number > last}, happening

    def look_for_untaken(self, now: Any) -> None:
        for one in self.course.steps:
            if one.state == StepState.WITH_SENDER and now > one.send_by:
                self.take(NotTaken(one.number), now)
                self.untaken = True

    def tell(self, one: "Round", now: Any) -> None:
        for which in one.told:
            if self.on_its_way:
                told = self.on_its_way.pop(which % len(self.on_its_way))
                self.over.append(told)
                self.take(told, now)
        for which in one.again:
            if self.over:
                self.take(self.over[which % len(self.over)], now)

    def dispatch(self, now: Any, *, usable: bool) -> None:
        waiting = self.course.waiting()
        if waiting is None or waiting.due_at > now:
            return
        if not usable:
            self.take(Unusable(waiting.number, "no_consent"), now)
            return
        assert not self.answered
        assert not self.course.stopped
        assert waiting.number not in self.handed_over
        self.take(HandedOver(waiting.number), now)
        self.handed_over.append(waiting.number)
        self.on_its_way += reports(waiting.number, self.fates[waiting.number])


@dataclass(frozen=True)
class Round:
    """Hours pass, what is due goes out, some is told, in any order, some of it again."""

    hours: int
    looks_for_untaken: bool
    usable: bool
    told: tuple[int, ...]
    again: tuple[int, ...]


ROUNDS = st.lists(
    st.builds(
        Round,
        hours=st.integers(0, 6),
        looks_for_untaken=st.booleans(),
        usable=st.sampled_from([True, True, True, False]),
        told=st.lists(st.integers(0, 5), max_size=3).map(tuple),
        again=st.lists(st.integers(0, 9), max_size=2).map(tuple),
    ),
    min_size=5,
    max_size=9,
)
ENDS = st.sampled_from([None, None, ANSWERED, "opted_out", FLOW_DISABLED])


@settings(max_examples=300, deadline=None)
@given(
    steps=plans(),
    fates=st.lists(st.sampled_from(sorted(FATES)), min_size=5, max_size=5),
    rounds=ROUNDS,
    end=st.tuples(ENDS, st.integers(0, 8)),
)
def test_in_whatever_order_it_is_told(
    steps: tuple[PlanStep, ...],
    fates: list[str],
    rounds: list[Round],
    end: tuple[str | None, int],
) -> None:
    world = World(course(*steps), dict(enumerate(fates)))
    now = NOW
    for number, one in enumerate(rounds):
        now += timedelta(hours=one.hours)
        if end[0] and end[1] == number and (world.handed_over or end[0] != ANSWERED):
            world.take(Stopped(end[0]), now)
        if one.looks_for_untaken:
            world.look_for_untaken(now)
        world.dispatch(now, usable=one.usable)
        world.tell(one, now)
        _nobody_sees_too_much(world)
    for told in world.on_its_way:
        world.take(told, now)
    _nobody_sees_too_much(world)
    _slots_are_right(world)


def _nobody_sees_too_much(world: World) -> None:
    seen = [number for number in world.handed_over if world.fates[number] in SEEN]
    assert len(seen) <= 2
    assert sum(step.state == StepState.WAITING for step in world.course.steps) <= 1
    assert not (world.answered and world.course.waiting())


def _slots_are_right(world: World) -> None:
    """Freed once when it is over and nothing went out; never otherwise."""
    went_out = [s for s in world.course.steps if s.sent_at or s.state == StepState.UNKNOWN]
    over = world.course.status in (InvitationStatus.FAILED, InvitationStatus.CANCELLED)
    assert world.slots_freed <= 1
    if over and not went_out:
        assert world.slots_freed == 1
    if went_out and not world.untaken:  # else a sender told so late that its slot was free again
        assert world.slots_freed == 0


@given(steps=plans(), fate=st.sampled_from(sorted(FATES)), copies=st.integers(1, 3))
def test_copies_change_nothing(steps: tuple[PlanStep, ...], fate: str, copies: int) -> None:
    once = told(handed_over(*steps), *reports(0, fate))

    more = told(handed_over(*steps), *[one for one in reports(0, fate) for _ in range(copies)])

    assert more.course == once.course


def test_a_condition_is_looked_for_in_the_order_of_the_plan() -> None:
    steps = (
        PlanStep(channel=WHATSAPP),
        step(SMS, When.NO_CONSENT),
        step(EMAIL, When.FAILED),
        step(SMS, after=HOUR),
    )

    numbers = {
        "failed": told(handed_over(*steps), failed()).course.steps[-1].number,
        "silent": told(handed_over(*steps), sent()).course.steps[-1].number,
        "no consent": told(course(*steps), Unusable(0, "no_consent")).course.steps[-1].number,
    }

    assert numbers == {"failed": 2, "silent": 3, "no consent": 1}
