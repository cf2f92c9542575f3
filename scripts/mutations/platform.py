"""Lines that several services stand on, and those of figures."""

from scripts.mutations.mutation import COMMON, Mutation

PLATFORM = (
    Mutation(
        promise="a key is its secret part, not its name",
        file=f"{COMMON}/process/access.py",
        line='        if row is None or not hmac.compare_digest(row["hash"], key_hash(secret)):',
        becomes="        if row is None:",
        tests=["tests/hostile/stranger/test_admission.py"],
    ),
    Mutation(
        promise="a key is for its workspace",
        file=f"{COMMON}/process/access.py",
        line="        if asked and asked != self.workspace:",
        becomes="        if False:",
        tests=["services/orchestrator/tests/api/test_configuration.py"],
    ),
    Mutation(
        promise="a key does what its scopes say",
        file=f"{COMMON}/process/access.py",
        line='    if who.scopes & {scope, "admin"}:',
        becomes="    if who.scopes:",
        tests=["services/orchestrator/tests/api/test_configuration.py"],
    ),
    Mutation(
        promise="what was committed is published, though the broker is away for a while",
        file=f"{COMMON}/streams/outbox.py",
        line="        await self._bus.publish([Message(",
        becomes="        with suppress(Retry): await self._bus.publish([Message(",
        tests=["libs/common/tests/test_outbox.py"],
    ),
    Mutation(
        promise="what commits late is published",
        file=f"{COMMON}/streams/outbox.py",
        line='outbox where id = any($1)",',
        becomes='outbox where id <= (select max(i) from unnest($1::bigint[]) i)",',
        tests=["libs/common/tests/test_outbox.py"],
    ),
    Mutation(
        promise="offsets are committed after publishing",
        file=f"{COMMON}/streams/processor.py",
        line="        if not await self._publish(one):\n            return",
        becomes="        asyncio.ensure_future(self._publish(one))",
        tests=["libs/common/tests/test_consumer.py"],
    ),
    Mutation(
        promise="of two rounds that cannot be published both come again",
        file=f"{COMMON}/streams/processor.py",
        line="until=until, offset=one.end[partition])",
        becomes="until=until, offset=first)",
        tests=["libs/common/tests/test_consumer.py"],
    ),
    Mutation(
        promise="a bad item fails its own caller alone",
        file=f"{COMMON}/group_commit.py",
        line="            if len(batch) == 1:",
        becomes="            if batch:",
        tests=["libs/common/tests/test_group_commit.py", "libs/channel/tests/test_claims.py"],
    ),
    Mutation(
        promise="a secret opens in its own place only",
        file=f"{COMMON}/sealing.py",
        line='    return f"{workspace}/{name}".encode()',
        becomes="    return name.encode()",
        tests=["libs/common/tests/test_secrets.py"],
    ),
    Mutation(
        promise="the highest revision of an answer wins",
        file="services/analytics/src/analytics/domain/facts.py",
        line="            newer = come.revision > item.revision",
        becomes="            newer = True",
        tests=["services/analytics/tests/test_intake.py"],
    ),
    Mutation(
        promise="a batch that becomes too large ends nobody",
        file=f"{COMMON}/bus/kafka_unpacking.py",
        line="        with mmap.mmap(-1, MOST) as room:",
        becomes="        with mmap.mmap(-1, 64 * MOST) as room:",
        tests=["tests/hostile/producer/test_packed_records.py"],
    ),
    Mutation(
        promise="networks that are not of the internet are not connected to",
        file=f"{COMMON}/http.py",
        line="    if any(found in network for network in _SPECIAL if",
        becomes="    if any(False for network in _SPECIAL if",
        tests=["libs/common/tests/test_http.py"],
    ),
    Mutation(
        promise="records that are held come again",
        file=f"{COMMON}/streams/processor.py",
        line="                self._pause(one, items[place].record, Retry(held.reason))",
        becomes="                pass",
        tests=["libs/common/tests/test_consumer.py"],
    ),
)
