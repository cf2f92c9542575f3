"""Lines by which what is too old to be kept goes, also what comes late."""

from scripts.mutations.mutation import COMMON, ORCHESTRATOR, Mutation

ANALYTICS = "services/analytics/src/analytics"
IN_ANALYTICS = ["services/analytics/tests/test_retaining_late.py"]
IN_ORCHESTRATOR = ["services/orchestrator/tests/test_retaining_late.py"]
RETENTION = f"{COMMON}/database/retention.py"

KEEPING = (
    Mutation(
        promise="what came late is gone back to",
        file=f"{ANALYTICS}/service/retaining.py",
        line="        late=True,",
        becomes="        late=False,",
        tests=IN_ANALYTICS,
    ),
    Mutation(
        promise="a recording that is told late goes",
        file=f"{ORCHESTRATOR}/service/retaining/decisions.py",
        line="        late=True,",
        becomes="        late=False,",
        tests=IN_ORCHESTRATOR,
    ),
    Mutation(
        promise="a note stays for what one look left",
        file=RETENTION,
        line='[note["ctid"] for note in notes if note["at"] < done],',
        becomes='[note["ctid"] for note in notes],',
        tests=IN_ANALYTICS,
    ),
    Mutation(
        promise="a note is not dropped for lying before where the sweep is",
        file=RETENTION,
        line="where workspace = $1 and kind = $2 and at >= $3 limit",
        becomes="where workspace = $1 and kind = $2 and at <> $3 limit",
        tests=IN_ANALYTICS,
    ),
    Mutation(
        promise="what came late while it was kept for ever is not forgotten",
        file=RETENTION,
        line="            if (workspace, kind) in wanted:",
        becomes="            if workspace:",
        tests=IN_ANALYTICS,
    ),
    Mutation(
        promise="one clock that is ahead takes nothing early",
        file=RETENTION,
        line="        return min(self.clock(), self.own()) - kept",
        becomes="        return self.clock() - kept",
        tests=IN_ANALYTICS,
    ),
    Mutation(
        promise="who came too far is put back",
        file=RETENTION,
        line="            done = min(since, latest)",
        becomes="            done = since",
        tests=IN_ANALYTICS,
    ),
    Mutation(
        promise="words to no known call go",
        file=f"{ANALYTICS}/service/retaining.py",
        line='    if kind == "comments":',
        becomes="    if False:",
        tests=IN_ANALYTICS,
    ),
    Mutation(
        promise="an amendment beside the sweep is seen",
        file=f"{ORCHESTRATOR}/service/retaining/decisions.py",
        line="    stored = await decisions.lock_events(connection, keys) if keys else {}",
        becomes='    stored = {key: row["event"] for key, row in zip(keys, rows, strict=True)}',
        tests=IN_ORCHESTRATOR,
    ),
    Mutation(
        promise="a number goes with the last decision that asked",
        file=f"{ORCHESTRATOR}/service/retaining/decisions.py",
        line="all(ask.ended_at <= until or ask.invitation_id in asked for ask in one.asks)",
        becomes="all(ask.at <= until for ask in one.asks)",
        tests=["services/orchestrator/tests/test_retaining.py"],
    ),
)
