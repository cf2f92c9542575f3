"""Writing configuration: all of a file or nothing of it, one document, or a flow's switch."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from common.errors import BadInput, FieldError, Problem
from orchestrator.domain.configuring.changes import (
    Change,
    Documents,
    Key,
    Seen,
    changes,
    patched,
    section_of,
    tag,
)
from orchestrator.domain.configuring.reading import Written, read
from orchestrator.repository.configuration import documents
from orchestrator.service.configuration.applying import Applied, Applying


@dataclass(frozen=True, slots=True)
class Configuring:
    applying: Applying

    def check(self, body: object) -> None:
        """Raises `BadInput` with every error that a file has by itself."""
        read(body)

    async def apply(
        self,
        workspace: str,
        body: object,
        *,
        by: str,
        is_operator: bool = False,
        is_person: bool = False,
        prune: bool = False,
        dry_run: bool = False,
    ) -> Applied:
        """Raises `BadInput` with every error's place in `body`."""
        return await self.applying.apply(
            workspace,
            await self.applying.read(workspace, body),
            lambda before, wanted: changes(before, wanted, prune=prune),
            by=by,
            is_operator=is_operator,
            is_person=is_person,
            dry_run=dry_run,
        )

    async def put(
        self,
        workspace: str,
        key: Key,
        body: Mapping[str, Any],
        *,
        seen: Seen,
        by: str,
        is_operator: bool = False,
        is_person: bool = False,
        dry_run: bool = False,
    ) -> Applied:
        """One document. Raises `BadInput` with places in it, `Problem` 412 when `seen` is past."""
        section = section_of(key[0])

        def changing(before: Documents, wanted: Documents) -> list[Change]:
            seen.check(before.get(key))
            return changes(before, wanted, prune=False)

        with _placed_in(f"{section}.0"):
            written = await self.applying.read(workspace, {section: [body]})
            if key not in written.bodies:
                raise BadInput.at("", f"its {name_of(key[0])} must be {key[1]}")
            applied = await self.applying.apply(
                workspace,
                written,
                changing,
                by=by,
                is_operator=is_operator,
                is_person=is_person,
                dry_run=dry_run,
            )
        return replace(applied, warnings=_inside(f"{section}.0", applied.warnings))

    async def patch(
        self,
        workspace: str,
        key: Key,
        patch: Mapping[str, Any],
        *,
        seen: Seen,
        by: str,
        is_operator: bool = False,
        is_person: bool = False,
        dry_run: bool = False,
    ) -> Applied:
        """One document, in part. As `put`; raises `Problem` 404, too."""
        before = await self._stored(workspace, key)
        if before is None:
            raise Problem(404, "No such document")
        seen.check(before)
        return await self.put(
            workspace,
            key,
            patched(before, patch),
            seen=Seen(tags=frozenset({tag(before)})),
            by=by,
            is_operator=is_operator,
            is_person=is_person,
            dry_run=dry_run,
        )

    async def restore(
        self,
        workspace: str,
        key: Key,
        version: int,
        *,
        seen: Seen,
        by: str,
        is_operator: bool = False,
        is_person: bool = False,
        dry_run: bool = False,
    ) -> Applied:
        """One document as it was after that version, checked as anything that is written today.

        Raises `Problem` 404: there is none, or it was removed by it.
        """
        async with self.applying.db.scoped(workspace, frozen=True) as connection:
            body = await documents.version(connection, workspace, key, version)
        if body is None:
            raise Problem(404, "No such version", "Of none of that number, or it was removed then.")
        return await self.put(
            workspace,
            key,
            body,
            seen=seen,
            by=by,
            is_operator=is_operator,
            is_person=is_person,
            dry_run=dry_run,
        )

    async def _stored(self, workspace: str, key: Key) -> Mapping[str, Any] | None:
        async with self.applying.db.scoped(workspace, frozen=True) as connection:
            rows = await documents.documents(connection, workspace)
        return next((row["body"] for row in rows if (row["kind"], row["id"]) == key), None)

    async def remove(
        self, workspace: str, key: Key, *, seen: Seen, by: str, is_operator: bool = False
    ) -> Applied:
        """One document. Raises `Problem` 404, 412 or 422; `BadInput` when another needs it."""
        if key[0] == "workspace":
            raise Problem(422, "A workspace is not removed", "What it has would be nobody's.")

        def changing(before: Documents, _: Documents) -> list[Change]:
            if key not in before:
                raise Problem(404, "No such document")
            seen.check(before[key])
            return [Change("removed", *key)]

        return await self.applying.apply(
            workspace, Written({}, {}), changing, by=by, is_operator=is_operator
        )

    async def switch_flow(
        self, workspace: str, flow: str, *, enabled: bool, by: str, is_person: bool = False
    ) -> Applied:
        """Raises `Problem` 404 or `BadInput`. Off is always possible, whatever is written there."""
        key = ("flow", flow)
        switch = {"enabled": enabled}

        def changing(before: Documents, _: Documents) -> list[Change]:
            if key not in before:
                raise Problem(404, "No such flow")
            return changes(before, {key: {**before[key], **switch}}, prune=False)

        return await self.applying.apply(
            workspace,
            Written({key: switch}, {key: "flow"}),
            changing,
            by=by,
            is_person=is_person,
            is_operator=True,  # what an operator wrote may be switched by whoever runs the flow
            checked=enabled,
        )


def name_of(kind: str) -> str:
    """The field that documents of a kind are known by."""
    return "number" if kind == "number" else "id"


@contextmanager
def _placed_in(place: str) -> Iterator[None]:
    """What is wrong with a document is told by places in it."""
    try:
        yield
    except BadInput as error:
        raise BadInput(_inside(place, error.errors)) from None
    except Problem as problem:
        problem.errors = tuple(_inside(place, problem.errors))
        raise


def _inside(place: str, errors: Sequence[FieldError]) -> list[FieldError]:
    return [
        FieldError(one.field.removeprefix(place).removeprefix("."), one.message) for one in errors
    ]
