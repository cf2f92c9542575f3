"""Dry runs as they are asked for, looked at and cancelled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from common.database import Database, Row
from common.errors import BadInput, FieldError, Problem
from common.time import Clock, utc_now
from orchestrator.domain.configuring.changes import Key, changes
from orchestrator.domain.configuring.drafts import named
from orchestrator.repository.deciding import dry_runs
from orchestrator.service.configuration.applying import Applying

LONGEST = timedelta(days=28)  # that is looked back
MOST_OPEN = 3  # of a workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRuns:
    """`asked` wakes whoever plays them."""

    db: Database
    applying: Applying
    clock: Clock = utc_now
    asked: Callable[[], None] = lambda: None

    async def ask(
        self,
        workspace: str,
        draft: object,
        *,
        since: datetime,
        until: datetime | None,
        prices: Mapping[str, float],
        by: str,
        is_operator: bool,
        places: Mapping[str, Key] | None = None,
    ) -> Row:
        """Raises `BadInput` as applying the draft would, `Problem` 429 where too many wait.

        `places`: of documents that are drafts of those keys, by which errors are told.
        """
        now = self.clock()
        last = min(until or now, now)
        if not now - LONGEST <= since < last:
            raise BadInput.at("from", f"must be within the last {LONGEST.days} days, before `to`")
        documents = await self._checked(
            workspace, draft, by=by, is_operator=is_operator, places=places
        )
        run = uuid4()
        async with self.db.scoped(workspace) as connection:
            if await dry_runs.count_open(connection, workspace) >= MOST_OPEN:
                raise Problem(429, "Too many dry runs", f"{MOST_OPEN} wait; cancel one of them.")
            await dry_runs.insert(
                connection,
                workspace,
                run,
                draft={"documents": documents, "prices": dict(prices)},
                since=since,
                until=last,
                by=by,
                now=now,
            )
        self.asked()
        return await self.find(workspace, run)

    async def _checked(
        self,
        workspace: str,
        draft: object,
        *,
        by: str,
        is_operator: bool,
        places: Mapping[str, Key] | None,
    ) -> list[list[Any]]:
        """Kind, id and body of its documents. Raises `BadInput` with places in the request."""
        try:
            written = await self.applying.read(workspace, draft)
            await self.applying.apply(
                workspace,
                written,
                lambda before, wanted: changes(before, wanted, prune=False),
                by=by,
                is_operator=is_operator,
                dry_run=True,
            )
        except BadInput as error:
            if places is not None:
                raise BadInput(named(error.errors, places)) from None
            raise BadInput(
                [FieldError(f"draft.{one.field}".rstrip("."), one.message) for one in error.errors]
            ) from None
        return [[*key, body] for key, body in written.bodies.items()]

    async def find(self, workspace: str, run: UUID) -> Row:
        """Raises `Problem` 404."""
        async with self.db.scoped(workspace, frozen=True) as connection:
            row = await dry_runs.find(connection, workspace, run)
        if row is None:
            raise Problem(404, "No such dry run")
        return row

    async def cancel(self, workspace: str, run: UUID) -> Row:
        """What is over stays as it is. Raises `Problem` 404."""
        async with self.db.scoped(workspace) as connection:
            await dry_runs.cancel(connection, workspace, run)
        return await self.find(workspace, run)
