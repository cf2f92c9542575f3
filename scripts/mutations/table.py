"""The lines, what each becomes, and the tests that must notice."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """`line` occurs exactly once in `file` and becomes `becomes`; one of `tests` has to fail."""

    promise: str
    file: str
    line: str
    becomes: str
    tests: Sequence[str]


_COMMON, _CHANNEL = "libs/common/src/common", "libs/channel/src/channel"
_INGEST = "services/ingest/src/ingest"
_ORCHESTRATOR = "services/orchestrator/src/orchestrator"
_CLOSED_LOOP = "services/closed-loop/src/closed_loop"

INTAKE = (
    Mutation(
        promise="a vendor's call is answered 202 once it is published",
        file=f"{_INGEST}/service/intake.py",
        line="        await self.bus.publish(await self.joining.keep([taken]))\n",
        becomes=(
            "        import asyncio\n"
            "        asyncio.ensure_future(self.bus.publish(await self.joining.keep([taken])))\n"
        ),
        tests=[
            "services/ingest/tests/test_outages.py"
            "::test_a_vendors_call_is_accepted_only_once_it_is_published"
        ],
    ),
    Mutation(
        promise="an event is answered 202 once it is published",
        file=f"{_INGEST}/service/intake.py",
        line="        await self.bus.publish([message(taken.report)])\n",
        becomes=(
            "        import asyncio\n"
            "        asyncio.ensure_future(self.bus.publish([message(taken.report)]))\n"
        ),
        tests=["services/ingest/tests/test_events.py"],
    ),
    Mutation(
        promise="a batch is answered 202 once it is published",
        file=f"{_INGEST}/service/intake.py",
        line="        await self.bus.publish([message(taken.report) for taken in good])\n",
        becomes=(
            "        import asyncio\n"
            "        asyncio.ensure_future(\n"
            "            self.bus.publish([message(taken.report) for taken in good]))\n"
        ),
        tests=["services/ingest/tests/test_cloudevents.py"],
    ),
    Mutation(
        promise="a webhook that is replayed is refused",
        file=f"{_INGEST}/repository/__init__.py",
        line=" values ($1, $2, $3, $4, $5) on conflict do nothing returning true",
        becomes=(
            " values ($1, $2, $3, $4, $5) on conflict (workspace, source, id)"
            " do update set digest = excluded.digest returning true"
        ),
        tests=["services/ingest/tests/test_webhooks.py"],
    ),
    Mutation(
        promise="a webhook's signature is good for five minutes",
        file=f"{_INGEST}/domain/signature.py",
        line="    if abs(now.timestamp() - int(seconds)) > TOLERANCE.total_seconds():",
        becomes="    if abs(now.timestamp() - int(seconds)) > 100 * TOLERANCE.total_seconds():",
        tests=["services/ingest/tests/test_webhooks.py"],
    ),
    Mutation(
        promise="nobody reports calls without a secret of the source",
        file=f"{_INGEST}/service/secrets.py",
        line="        return any(matches)",
        becomes="        return True",
        tests=["services/ingest/tests/test_sources.py", "services/ingest/tests/test_unusable.py"],
    ),
    Mutation(
        promise="calls of two workspaces are two calls",
        file=f"{_COMMON}/ids.py",
        line='    return derived("interaction", workspace, source, call_id)',
        becomes='    return derived("interaction", source, call_id)',
        tests=["services/ingest/tests/test_workspaces.py"],
    ),
)

DECIDING = (
    Mutation(
        promise="configuration waits for the batches that decide by the one before",
        file=f"{_ORCHESTRATOR}/repository/configuration/lock.py",
        line="from pg_advisory_xact_lock($1)",
        becomes="from pg_advisory_xact_lock_shared($1)",
        tests=["services/orchestrator/tests/test_taking_turns.py"],
    ),
    Mutation(
        promise="batches wait for configuration that is being written",
        file=f"{_ORCHESTRATOR}/repository/configuration/lock.py",
        line="from pg_advisory_xact_lock_shared($1)",
        becomes="from (select $1::bigint) no_lock",
        tests=["services/orchestrator/tests/test_taking_turns.py"],
    ),
    Mutation(
        promise="the daily ceiling is not passed by batches that race",
        file=f"{_ORCHESTRATOR}/service/deciding/limiting.py",
        line="workspaces[workspace].ceiling:\n            raise CeilingPassed(workspace)",
        becomes="workspaces[workspace].ceiling * 99:\n            raise CeilingPassed(workspace)",
        tests=["services/orchestrator/tests/test_taking_turns.py"],
    ),
    Mutation(
        promise="who said no is not asked",
        file=f"{_ORCHESTRATOR}/domain/guards.py",
        line="    if withdrawn and forbidden(",
        becomes="    if not withdrawn and forbidden(",
        tests=["services/orchestrator/tests/domain/test_deciding.py"],
    ),
    Mutation(
        promise="who said no after the decision is not asked either",
        file=f"{_ORCHESTRATOR}/domain/guards.py",
        line="    Reason.NO_ADDRESS,\n    Reason.OPTED_OUT,\n    Reason.DO_NOT_CONTACT,",
        becomes="    Reason.NO_ADDRESS,\n    Reason.DO_NOT_CONTACT,",
        tests=["services/orchestrator/tests/test_dispatching.py"],
    ),
    Mutation(
        promise="who is on a do-not-contact list is not asked",
        file=f"{_ORCHESTRATOR}/service/deciding/gathering.py",
        line="            await listed(connection, people, config),",
        becomes="            {},",
        tests=["services/orchestrator/tests/test_do_not_contact.py"],
    ),
    Mutation(
        promise="who was put on a do-not-contact list after the decision is not asked either",
        file=f"{_ORCHESTRATOR}/domain/guards.py",
        line="    Reason.OPTED_OUT,\n    Reason.DO_NOT_CONTACT,\n    Reason.NO_CONSENT,",
        becomes="    Reason.OPTED_OUT,\n    Reason.NO_CONSENT,",
        tests=["services/orchestrator/tests/test_do_not_contact.py"],
    ),
    Mutation(
        promise="a quota is not passed by batches that race",
        file=f"{_ORCHESTRATOR}/service/deciding/limiting.py",
        line="        if counted.get(key, most + 1) > most:",
        becomes="        if counted.get(key, most + 1) > most * 99:",
        tests=["services/orchestrator/tests/test_taking_turns.py"],
    ),
    Mutation(
        promise="a cap of an agent is not passed by batches that race",
        file=f"{_ORCHESTRATOR}/service/deciding/limiting.py",
        line="        if not holds(asks[: len(asks) - len(mine[key])], slots[key]):",
        becomes="        if not holds([], slots[key]):",
        tests=["services/orchestrator/tests/test_taking_turns.py"],
    ),
    Mutation(
        promise="who a flow leaves out by its conditions is left out",
        file=f"{_ORCHESTRATOR}/domain/conditions.py",
        line="    rest += [_not(_some(when.none, zone))]",
        becomes="    rest += [_some(when.none, zone)]",
        tests=["services/orchestrator/tests/domain/test_conditions.py"],
    ),
    Mutation(
        promise="nobody is asked more often than the cap says",
        file=f"{_ORCHESTRATOR}/domain/limits.py",
        line="        if used >= rule.asks:\n            return refusal(Reason.FREQUENCY_CAP,",
        becomes="        if used > rule.asks:\n            return refusal(Reason.FREQUENCY_CAP,",
        tests=["services/orchestrator/tests/domain/test_caps_and_sampling.py"],
    ),
    Mutation(
        promise="a no that is stored while somebody is decided about wins",
        file=f"{_ORCHESTRATOR}/repository/consent/contacts.py",
        line='    " order by workspace, id for update of c"',
        becomes='    " order by workspace, id"',
        tests=["services/orchestrator/tests/test_taking_turns.py"],
    ),
    Mutation(
        promise="the newest consent wins",
        file=f"{_ORCHESTRATOR}/domain/consent.py",
        line="    return max(of.values(), key=_rank).state if of else None",
        becomes="    return min(of.values(), key=_rank).state if of else None",
        tests=["services/orchestrator/tests/test_outcomes.py"],
    ),
    Mutation(
        promise="what was said after a doubt outlives the verdict about it",
        file=f"{_ORCHESTRATOR}/service/consent/doubts.py",
        line='        occurred_at=row["occurred_at"] + AFTER,',
        becomes='        occurred_at=row["occurred_at"] + 10**9 * AFTER,',
        tests=["services/orchestrator/tests/api/test_doubts.py"],
    ),
    Mutation(
        promise="a doubt that was none undoes no withdrawal before it",
        file=f"{_ORCHESTRATOR}/domain/consent.py",
        line="of.pop(ConsentState.CLEARED, None), of.get(",
        becomes="of.get(ConsentState.CLEARED), of.get(",
        tests=["services/orchestrator/tests/domain/test_consent.py"],
    ),
    Mutation(
        promise="nobody is asked while consent lags",
        file=f"{_COMMON}/streams/freshness.py",
        line="        return self.seconds_behind <= self._limit",
        becomes="        return True",
        tests=[
            "libs/common/tests/test_freshness.py",
            "services/orchestrator/tests/test_dispatching.py",
        ],
    ),
)

SENDING = (
    Mutation(
        promise="what is claimed when a STOP comes does not leave",
        file=f"{_CHANNEL}/outgoing/worker.py",
        line="            if await self._is_stopped(claimed):",
        becomes="            if False:",
        tests=["services/sms-sender/tests/test_stopping.py"],
    ),
    Mutation(
        promise="a STOP is acknowledged when nothing can leave any more",
        file=f"{_CHANNEL}/incoming/receiver.py",
        line="            await self.leaving.settled([one.contact",
        becomes="            _ = list([one.contact",
        tests=["services/sms-sender/tests/test_stopping.py"],
    ),
    Mutation(
        promise="a STOP suppresses in the transaction that stores it",
        file=f"{_CHANNEL}/incoming/inbox.py",
        line="    if stops:\n",
        becomes="    if not stops:\n",
        tests=["libs/channel/tests/test_claims.py"],
    ),
    Mutation(
        promise="a withdrawal wins a tie",
        file=f"{_CHANNEL}/store/contacts.py",
        line="c.decided_at = n.occurred_at and n.withdrawn)",
        becomes="c.decided_at = n.occurred_at and not n.withdrawn)",
        tests=["libs/channel/tests/test_contacts.py"],
    ),
    Mutation(
        promise="what may have gone out is never sent again",
        file=f"{_CHANNEL}/posting.py",
        line="        kind = NothingLeft if nothing_left(error) else Ambiguous",
        becomes="        kind = NothingLeft",
        tests=["services/sms-sender/tests/test_outcomes.py"],
    ),
    Mutation(
        promise="a carrier's 500 is not tried again",
        file=f"{_CHANNEL}/twilio/codes.py",
        line="    if status >= 500 or status == 408:\n        return Ambiguous(code)",
        becomes="    if status >= 500 or status == 408:\n        return Throttled()",
        tests=[
            "services/sms-sender/tests/test_outcomes.py",
            "services/sms-sender/tests/test_twilio.py",
        ],
    ),
    Mutation(
        promise="a record of an older claim releases no newer one",
        file=f"{_CHANNEL}/store/delivery.py",
        line="    if send.attempts != attempt:",
        becomes="    if False:",
        tests=["libs/channel/tests/test_claims.py"],
    ),
    Mutation(
        promise="a late receipt does not undo what was delivered",
        file=f"{_CHANNEL}/store/delivery.py",
        line="    if send.state not in _MAY_HAVE_LEFT and not was_tried:",
        becomes="    if False:",
        tests=["libs/channel/tests/test_delivery.py"],
    ),
    Mutation(
        promise="a rate holds over replicas",
        file=f"{_CHANNEL}/store/rates.py",
        line="        select b.base + make_interval(secs => g.n / $4::float8), g.n",
        becomes="        select b.base, g.n",
        tests=["libs/channel/tests/test_claims.py"],
    ),
    Mutation(
        promise="a send is shown to its workspace alone",
        file=f"{_CHANNEL}/operation/listing.py",
        line='where s.workspace = $1 and s.id = $2"',
        becomes='where $1 is not null and s.id = $2"',
        tests=["services/sms-sender/tests/test_api.py"],
    ),
    Mutation(
        promise="who answered elsewhere while it rings is asked nothing",
        file=f"{_CHANNEL}/incoming/reader.py",
        line="        return await sends.is_called_back(connection, self.schema, key)",
        becomes="        return False",
        tests=["tests/voice/test_costs.py"],
    ),
    Mutation(
        promise="a ceiling of calls holds over replicas",
        file=f"{_CHANNEL}/store/placed.py",
        line="                from {schema}.placed where workspace = $1 and day = $2 for update)",
        becomes="                from {schema}.placed where workspace = $1 and day = $2)",
        tests=["tests/voice/test_costs.py"],
    ),
    Mutation(
        promise="words after a call are sent once",
        file="services/orchestrator/src/orchestrator/service/schedule/noting.py",
        line="for one in planned if one.note is None}",
        becomes="for one in planned}",
        tests=["services/orchestrator/tests/test_notes.py"],
    ),
    Mutation(
        promise="a callback that Plivo did not sign is refused",
        file="services/ivr-gateway/src/ivr_gateway/providers/plivo_signatures.py",
        line="    return any(hmac.compare_digest(one, expected.encode()) for one in given)",
        becomes="    return True",
        tests=["services/ivr-gateway/tests/test_plivo_voice.py"],
    ),
    Mutation(
        promise="a callback that Twilio did not sign is refused",
        file=f"{_CHANNEL}/twilio/signatures.py",
        line="    return valid",
        becomes="    return True",
        tests=["services/sms-sender/tests/test_callbacks.py"],
    ),
    Mutation(
        promise="a callback that Meta did not sign is refused",
        file="services/whatsapp-sender/src/whatsapp_sender/providers/meta.py",
        line='        return hmac.compare_digest(signed, f"sha256={right}")',
        becomes="        return True",
        tests=["services/whatsapp-sender/tests/test_meta.py"],
    ),
)

PLATFORM = (
    Mutation(
        promise="a key is its secret part, not its name",
        file=f"{_COMMON}/process/access.py",
        line='        if row is None or not hmac.compare_digest(row["hash"], key_hash(secret)):',
        becomes="        if row is None:",
        tests=["tests/hostile/stranger/test_admission.py"],
    ),
    Mutation(
        promise="a key is for its workspace",
        file=f"{_COMMON}/process/access.py",
        line="        if asked and asked != self.workspace:",
        becomes="        if False:",
        tests=["services/orchestrator/tests/api/test_configuration.py"],
    ),
    Mutation(
        promise="a key does what its scopes say",
        file=f"{_COMMON}/process/access.py",
        line='    if not who.scopes & {scope, "admin"}:',
        becomes="    if not who.scopes:",
        tests=["services/orchestrator/tests/api/test_configuration.py"],
    ),
    Mutation(
        promise="what was committed is published, though the broker is away for a while",
        file=f"{_COMMON}/streams/outbox.py",
        line="        await self._bus.publish([Message(",
        becomes="        with suppress(Retry): await self._bus.publish([Message(",
        tests=["libs/common/tests/test_outbox.py"],
    ),
    Mutation(
        promise="what commits late is published",
        file=f"{_COMMON}/streams/outbox.py",
        line='outbox where id = any($1)",',
        becomes='outbox where id <= (select max(i) from unnest($1::bigint[]) i)",',
        tests=["libs/common/tests/test_outbox.py"],
    ),
    Mutation(
        promise="offsets are committed after publishing",
        file=f"{_COMMON}/streams/processor.py",
        line="        if not await self._publish(one):\n            return",
        becomes="        asyncio.ensure_future(self._publish(one))",
        tests=["libs/common/tests/test_consumer.py"],
    ),
    Mutation(
        promise="a bad item fails its own caller alone",
        file=f"{_COMMON}/group_commit.py",
        line="            if len(batch) == 1:",
        becomes="            if batch:",
        tests=["libs/common/tests/test_group_commit.py", "libs/channel/tests/test_claims.py"],
    ),
    Mutation(
        promise="a secret opens in its own place only",
        file=f"{_COMMON}/sealing.py",
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
)

TELLING = (
    Mutation(
        promise="a response that comes again is told once",
        file=f"{_CLOSED_LOOP}/domain/happenings.py",
        line="    if response.revision <= seen.revision:\n        return []",
        becomes="    if response.revision < seen.revision:\n        return []",
        tests=["services/closed-loop/tests/test_happenings.py"],
    ),
    Mutation(
        promise="a webhook's id is signed, not its body alone",
        file=f"{_CLOSED_LOOP}/domain/signing.py",
        line='    content = f"{message}.{seconds}.".encode() + body',
        becomes="    content = body",
        tests=["services/closed-loop/tests/test_signing.py"],
    ),
    Mutation(
        promise="an endpoint that fails holds one request at a time",
        file=f"{_CLOSED_LOOP}/domain/shares.py",
        line="        most = OF_FAILING if failing else OF_ENDPOINT",
        becomes="        most = OF_ENDPOINT",
        tests=["services/closed-loop/tests/test_shares.py"],
    ),
    Mutation(
        promise="no number is in what people read of an alert",
        file=f"{_CLOSED_LOOP}/domain/notices.py",
        line='    return _NUMBER.sub("…", text)',
        becomes="    return text",
        tests=["services/closed-loop/tests/test_rules.py"],
    ),
)

MUTATIONS = (*INTAKE, *DECIDING, *SENDING, *PLATFORM, *TELLING)
