"""Drafts of documents: kept while they are written, looked at, and published together."""

import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from common.config.documents import parse_document
from common.config.models import KINDS
from common.database import Connection, Database
from common.errors import BadInput, FieldError, Problem
from common.phone import normalised
from common.time import Clock, utc_now
from orchestrator.domain.configuring.changes import Change, Documents, Key, Seen, changes
from orchestrator.domain.configuring.drafts import (
    DEEPEST,
    LARGEST_TOGETHER,
    MOST,
    Draft,
    check_bases,
    named,
    sections,
    too_deep,
)
from orchestrator.domain.configuring.reading import with_nul
from orchestrator.repository.configuration import documents, drafts
from orchestrator.service.configuration.applying import Applied, Applying
from orchestrator.service.configuration.configuring import name_of

LONGEST_ID = 200  # characters
# Kept only when every field is right: a wrong one may hold the secret itself.
WITH_SECRETS = frozenset({"account", "source"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A draft beside the document as it is now (None: there is none), and what is wrong with it."""

    draft: Draft
    stored: Mapping[str, Any] | None
    errors: Sequence[FieldError] = ()
    warnings: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafts:
    db: Database
    applying: Applying
    clock: Clock = utc_now

    async def of_workspace(self, workspace: str) -> list[Looked]:
        """Not checked."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            stored = await _stored(connection, workspace)
            found = await drafts.of_workspace(connection, workspace)
        return [Looked(draft=one, stored=stored.get(one.key)) for one in found]

    async def find(self, workspace: str, key: Key, *, by: str, is_operator: bool) -> Looked:
        """With all that is wrong with it, were it published by itself. Raises `Problem` 404."""
        key = _written(key)
        async with self.db.scoped(workspace, frozen=True) as connection:
            draft = await drafts.find(connection, workspace, key)
            stored = await _stored(connection, workspace)
        if draft is None:
            raise Problem(404, "No such draft")
        looked = Looked(draft=draft, stored=stored.get(key))
        try:
            told = await self._applied(workspace, [draft], by=by, is_operator=is_operator)
        except BadInput as error:
            return replace(looked, errors=_inside(key, error.errors))
        return replace(looked, warnings=_inside(key, told.warnings))

    async def put(
        self,
        workspace: str,
        key: Key,
        body: Mapping[str, Any],
        *,
        seen: Seen,
        rebase: bool,
        by: str,
        is_operator: bool,
    ) -> Looked:
        """Stored whatever is wrong with it. It begins at the document as it is; `rebase`: again.

        Raises `Problem` 404, 412, or 422 for what no draft can be.
        """
        key, body = _sound(key, body)
        async with self.db.scoped(workspace) as connection:
            await drafts.lock(connection, workspace)
            stored = await _stored(connection, workspace)
            if not stored:
                raise Problem(404, "No such workspace")
            before = await drafts.find(connection, workspace, key)
            seen.check(before.body if before else None)
            count, size = await drafts.others(connection, workspace, key)
            if count >= MOST:
                raise Problem(422, "Too many drafts", f"There are {MOST}; publish or drop some.")
            if size + len(json.dumps(body, ensure_ascii=False).encode()) > LARGEST_TOGETHER:
                limit = f"All drafts together hold {LARGEST_TOGETHER >> 20} MiB at most."
                raise Problem(422, "Too many drafts", f"{limit} Publish or drop some.")
            await drafts.store(
                connection,
                workspace,
                key,
                body=body,
                base=stored.get(key) if before is None or rebase else before.base,
                by=by,
                now=self.clock(),
            )
        return await self.find(workspace, key, by=by, is_operator=is_operator)

    async def drop(self, workspace: str, key: Key, *, seen: Seen) -> None:
        """Raises `Problem` 404 or 412."""
        key = _written(key)
        async with self.db.scoped(workspace) as connection:
            await drafts.lock(connection, workspace)
            draft = await drafts.find(connection, workspace, key)
            if draft is None:
                raise Problem(404, "No such draft")
            seen.check(draft.body)
            await drafts.remove(connection, workspace, [draft])

    async def chosen(self, workspace: str, keys: Collection[Key]) -> list[Draft]:
        """Raises `Problem` 404 where one is missing."""
        keys = {_written(key) for key in keys}
        async with self.db.scoped(workspace, frozen=True) as connection:
            found = await drafts.chosen(connection, workspace, set(keys))
        if missing := set(keys) - {one.key for one in found}:
            names = ", ".join(f"{kind} {identity}" for kind, identity in sorted(missing))
            raise Problem(404, "No such draft", f"There is none of {names}.")
        return found

    async def publish(
        self,
        workspace: str,
        keys: Collection[Key],
        *,
        by: str,
        is_operator: bool,
        is_person: bool,
        dry_run: bool,
    ) -> Applied:
        """All of them become documents, or none does; then they are drafts no more.

        Raises `BadInput` by kind and id; `Problem` 404, or 409 where a document, or a draft, has
        changed since.
        """
        found = await self.chosen(workspace, keys)

        async def finish(connection: Connection) -> None:
            await drafts.lock(connection, workspace)
            if await drafts.remove(connection, workspace, found) < len(found):
                raise Problem(
                    409,
                    "A draft was changed meanwhile",
                    "Read it again, and publish what is meant.",
                )

        applied = await self._applied(
            workspace,
            found,
            by=by,
            is_operator=is_operator,
            is_person=is_person,
            dry_run=dry_run,
            finish=finish,
        )
        if not dry_run and applied.version is None:  # they say what the documents say already
            async with self.db.scoped(workspace) as connection:
                await finish(connection)
        return applied

    async def _applied(
        self,
        workspace: str,
        found: Sequence[Draft],
        *,
        dry_run: bool = True,
        finish: Callable[[Connection], Awaitable[None]] | None = None,
        **who: Any,
    ) -> Applied:
        body, places = sections(found)

        def changing(before: Documents, wanted: Documents) -> list[Change]:
            if finish is not None:
                check_bases(found, before)
            return changes(before, wanted, prune=False)

        try:
            written = await self.applying.read(workspace, body)
            applied = await self.applying.apply(
                workspace, written, changing, dry_run=dry_run, finish=finish, **who
            )
        except BadInput as error:
            raise BadInput(named(error.errors, places)) from None
        except Problem as problem:
            problem.errors = tuple(named(problem.errors, places))
            raise
        return replace(applied, warnings=named(applied.warnings, places))


def _sound(key: Key, body: Mapping[str, Any]) -> tuple[Key, Mapping[str, Any]]:
    """What can be kept at all. Raises `Problem` 404, `BadInput`."""
    kind, identity = key
    if kind not in KINDS:
        raise Problem(404, "No such kind of document", f"There are {', '.join(KINDS)}.")
    if len(identity) > LONGEST_ID:
        raise BadInput.at(name_of(kind), f"at most {LONGEST_ID} characters")
    name = name_of(kind)
    _, identity = _written(key)
    body = {name: identity, **body}
    if body[name] != identity and not (
        kind == "number" and normalised(str(body[name])) == identity
    ):
        raise BadInput.at(name, f"must be {identity}")
    if too_deep(body):
        raise BadInput.at("", f"nested deeper than {DEEPEST} levels")
    if nul := [path.removeprefix(".") for path in with_nul(body)]:
        raise BadInput([FieldError(path, "must not contain NUL") for path in nul])
    if kind in WITH_SECRETS:
        parse_document(kind, dict(body))
    return (kind, identity), body


def _written(key: Key) -> Key:
    """As it is stored, however somebody spells a number."""
    kind, identity = key
    return (kind, normalised(identity) or identity) if kind == "number" else key


def _inside(key: Key, errors: Sequence[FieldError]) -> list[FieldError]:
    place = ".".join(key)
    return [
        FieldError(one.field.removeprefix(place).removeprefix("."), one.message) for one in errors
    ]


async def _stored(connection: Connection, workspace: str) -> Documents:
    rows = await documents.documents(connection, workspace)
    return {(row["kind"], row["id"]): row["body"] for row in rows}
