"""Lines that telling others hangs on."""

from scripts.mutations.mutation import CLOSED_LOOP, Mutation

TELLING = (
    Mutation(
        promise="a response that comes again is told once",
        file=f"{CLOSED_LOOP}/domain/happenings.py",
        line="    if response.revision <= seen.revision:\n        return []",
        becomes="    if response.revision < seen.revision:\n        return []",
        tests=["services/closed-loop/tests/test_happenings.py"],
    ),
    Mutation(
        promise="a webhook's id is signed, not its body alone",
        file=f"{CLOSED_LOOP}/domain/signing.py",
        line='    content = f"{message}.{seconds}.".encode() + body',
        becomes="    content = body",
        tests=["services/closed-loop/tests/test_signing.py"],
    ),
    Mutation(
        promise="an endpoint that fails holds one request at a time",
        file=f"{CLOSED_LOOP}/domain/shares.py",
        line="        most = OF_FAILING if failing else OF_ENDPOINT",
        becomes="        most = OF_ENDPOINT",
        tests=["services/closed-loop/tests/test_shares.py"],
    ),
    Mutation(
        promise="no number is in what people read of an alert",
        file=f"{CLOSED_LOOP}/domain/notices.py",
        line="without_numbers(response.comment)[:COMMENT] if",
        becomes="response.comment[:COMMENT] if",
        tests=["services/closed-loop/tests/test_rules.py"],
    ),
    Mutation(
        promise="numbers in full are shown to admins alone",
        file=f"{CLOSED_LOOP}/endpoints/webhooks.py",
        line='    data, may = message["data"], "admin" in who.scopes',
        becomes='    data, may = message["data"], True',
        tests=["services/closed-loop/tests/test_webhooks_api.py"],
    ),
    Mutation(
        promise="a workspace sends so many mails a day",
        file=f"{CLOSED_LOOP}/repository/mails.py",
        line="max(0, most - today)",
        becomes="most",
        tests=["services/closed-loop/tests/test_alerts.py"],
    ),
)
