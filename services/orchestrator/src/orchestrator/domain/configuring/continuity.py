"""What figures rely on: a survey keeps its metric, and a changed zone is told about."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from common.answers import without_tables
from common.errors import FieldError
from orchestrator.domain.configuring.changes import Change, Documents, Key
from orchestrator.domain.configuring.links import gated


def metric_stays(
    wanted: Documents, known: Mapping[str, str], places: Mapping[Key, str]
) -> Iterator[FieldError]:
    """`known`: by survey, the metric it began with. Also one that was removed meanwhile."""
    for survey, metric in known.items():
        body = wanted.get(("survey", survey), {})
        if body.get("metric") != metric:
            place = places.get(("survey", survey), f"surveys.{survey}")
            yield FieldError(
                f"{place}.metric",
                f"{survey} asks {metric}, and its figures are counted as that: it cannot change."
                " Make a survey of another id, and let the flow ask that one",
            )


def warnings(
    before: Documents, changed: Sequence[Change], places: Mapping[Key, str]
) -> list[FieldError]:
    """What changes do to days that are counted already, which replies are not understood, and who
    is asked for reviews by their score."""
    found: list[FieldError] = [*_unread_languages(changed, places), *gated(changed, places)]
    for change in changed:
        if change.kind != "workspace" or change.change != "changed" or change.body is None:
            continue
        old = before["workspace", change.id].get("zone", "UTC")
        new = change.body.get("zone", "UTC")
        if old != new:
            place = places.get(("workspace", change.id), f"workspaces.{change.id}")
            found.append(
                FieldError(
                    f"{place}.zone",
                    f"days that are counted already stay those of {old}; new calls are counted by"
                    f" days of {new}. `aftercall rebuild-rollups --redays` counts all by {new}",
                )
            )
    return found


def _unread_languages(changed: Sequence[Change], places: Mapping[Key, str]) -> Iterator[FieldError]:
    for change in changed:
        if change.kind not in ("workspace", "survey") or change.body is None:
            continue
        unread = without_tables(sorted(_languages(change.body)))
        if unread:
            place = places.get((change.kind, change.id), f"{change.kind}s.{change.id}")
            yield FieldError(
                place,
                f"replies in {', '.join(unread)} are read as digits and English words only:"
                " number words and keywords such as STOP are not known in that language",
            )


def _languages(body: Mapping[str, Any]) -> set[str]:
    """Of a workspace, or of the texts of a survey's questions."""
    found = {body["language"]} if isinstance(body.get("language"), str) else set()
    for question in body.get("questions") or ():
        found |= set(question.get("text") or ())
    return found
