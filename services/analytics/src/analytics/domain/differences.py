"""What a check found: stored figures that are not those of the facts, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from analytics.domain.cells import Cell
from analytics.domain.contributions import REASONS, Slot

GRAINS = {"d": "day", "m": "month of"}


@dataclass(frozen=True, slots=True)
class CellDiffers:
    """A cell of the rollups whose stored counts are not the sum over the facts."""

    cell: Cell
    stored: Sequence[int]
    expected: Sequence[int]

    @property
    def workspace(self) -> str:
        return self.cell.workspace

    def __str__(self) -> str:
        """acme: day 2026-01-15, queue "billing", survey csat: calls stored 7, counted 1"""
        return f"{self.workspace}: {_where(self.cell)}: {', '.join(self._counts())}"

    def _counts(self) -> Iterator[str]:
        for place, (stored, expected) in enumerate(zip(self.stored, self.expected, strict=True)):
            if stored != expected:
                yield f"{_what(self.cell, place)} stored {stored}, counted {expected}"


@dataclass(frozen=True, slots=True)
class FactDiffers:
    """A column of a fact that does not follow from what the fact is made of."""

    workspace: str
    interaction: UUID
    column: str
    stored: object
    expected: object

    def __str__(self) -> str:
        """acme: call 3f0c...: score is 3, must be 5"""
        return (
            f"{self.workspace}: call {self.interaction}: {self.column} is"
            f" {_shown(self.stored)}, must be {_shown(self.expected)}"
        )


Difference = CellDiffers | FactDiffers


def _where(cell: Cell) -> str:
    parts = [f"{GRAINS[cell.grain]} {cell.start}"]
    if cell.dimension != "total":
        parts.append(f'{cell.dimension} "{cell.value}"')
    if cell.survey:
        parts.append(f"survey {cell.survey}")
    if cell.question:
        measure = f"{cell.metric} " if cell.metric else ""
        parts.append(f"question {cell.question} ({measure}{cell.low} to {cell.high})")
    return ", ".join(parts)


def _what(cell: Cell, place: int) -> str:
    if cell.question:
        return f"answers of {cell.low + place}"
    if Slot.REASON_0 <= place < Slot.REASON_0 + len(REASONS):
        return f"not asked ({REASONS[place - Slot.REASON_0]})"
    return Slot(place).name.lower().replace("_", " ")


def _shown(value: object) -> str:
    """Lists in full, no value as `none`."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(str, value))}]"
    return "none" if value is None else str(value)
