"""Each fault really happens, over HTTP."""

import asyncio
import errno
from dataclasses import replace

import httpx
import pytest

from sandbox import ledger
from sandbox.carrier import Carrier
from sandbox.faults import Draws, Fault, Faults, Trouble, from_json, to_json
from sandbox.receiver import Receiver

SID = "AC00000000000000000000000000000001"
TOKEN = "12345678901234567890123456789012"
OURS = "+12025550190"
PERSON = "+12135550101"


async def send(
    carrier: Carrier, platform: Receiver, *, to: str = PERSON, timeout: float = 5
) -> tuple[int, dict[str, str]]:
    """The status and headers; raises what httpx does."""
    url = f"{carrier.base_url}/2010-04-01/Accounts/{SID}/Messages.json"
    form = {"To": to, "From": OURS, "Body": "0 to 10?", "StatusCallback": f"{platform.url}/s"}
    async with httpx.AsyncClient(
        auth=(SID, TOKEN), timeout=timeout, trust_env=False, verify=False
    ) as client:
        answer = await client.post(url, data=form)
    return answer.status_code, dict(answer.headers)


def accepted(carrier: Carrier) -> list[bool]:
    return [entry.accepted for entry in ledger.only(carrier.ledger, ledger.CreateRequest)]


def errnos(error: BaseException | None) -> list[str]:
    """The names of the system errors behind an exception."""
    names = []
    while error is not None:
        if isinstance(error, OSError) and error.errno is not None:
            names.append(errno.errorcode[error.errno])
        error = error.__cause__ or error.__context__
    return names


def fault(trouble: Trouble, **fields: object) -> Faults:
    return Faults((replace(Fault(trouble=trouble), **fields),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("trouble", "status", "taken"),
    [
        (Trouble.THROTTLED, 429, False),
        (Trouble.UNAUTHORIZED, 401, False),
        (Trouble.ERROR_BEFORE, 500, False),
        (Trouble.ERROR_AFTER, 500, True),
    ],
)
async def test_bad_answers_come_before_or_after_accepting(
    carrier: Carrier, platform: Receiver, trouble: Trouble, status: int, taken: bool
) -> None:
    carrier.faults = fault(trouble)
    assert (await send(carrier, platform))[0] == status

    await carrier.settled()
    assert accepted(carrier) == [taken]
    assert bool(platform.statuses) == taken


async def test_retry_after_is_sent_when_asked_for(carrier: Carrier, platform: Receiver) -> None:
    carrier.faults = fault(Trouble.THROTTLED)
    assert "retry-after" not in (await send(carrier, platform))[1]
    carrier.faults = fault(Trouble.THROTTLED, retry_after=3)
    assert (await send(carrier, platform))[1]["retry-after"] == "3"


@pytest.mark.parametrize(
    ("trouble", "taken"), [(Trouble.RESET_BEFORE, False), (Trouble.RESET_AFTER, True)]
)
async def test_a_reset_breaks_the_connection(
    carrier: Carrier, platform: Receiver, trouble: Trouble, taken: bool
) -> None:
    carrier.faults = fault(trouble)
    with pytest.raises(httpx.ReadError) as failure:
        await send(carrier, platform)
    assert "ECONNRESET" in errnos(failure.value)
    assert accepted(carrier) == [taken]


@pytest.mark.parametrize(
    ("trouble", "taken"), [(Trouble.HANG_BEFORE, False), (Trouble.HANG_AFTER, True)]
)
async def test_a_hang_lasts_until_the_client_gives_up(
    carrier: Carrier, platform: Receiver, trouble: Trouble, taken: bool
) -> None:
    carrier.faults = fault(trouble)
    with pytest.raises(httpx.ReadTimeout):
        await send(carrier, platform, timeout=0.2)
    assert accepted(carrier) == [taken]


async def test_a_slow_carrier_takes_its_time(carrier: Carrier, platform: Receiver) -> None:
    carrier.faults = fault(Trouble.SLOW, median=0.2, p99=0.2)
    started = asyncio.get_running_loop().time()
    assert (await send(carrier, platform))[0] == 201
    assert asyncio.get_running_loop().time() - started >= 0.2


async def test_callbacks_are_repeated_with_the_same_token(
    carrier: Carrier, platform: Receiver
) -> None:
    carrier.faults = fault(Trouble.REPEATED, copies=3)
    await send(carrier, platform)
    await carrier.settled()

    assert sorted(platform.statuses) == ["delivered"] * 3 + ["queued"] * 3 + ["sent"] * 3
    tokens = [request.headers["i-twilio-idempotency-token"] for request in platform.requests]
    assert len(set(tokens)) == 3


async def test_inbound_texts_are_repeated_too(carrier: Carrier, platform: Receiver) -> None:
    carrier.faults = fault(Trouble.REPEATED, copies=3, to=PERSON)
    await carrier.receive(PERSON, OURS, body="9")
    await carrier.receive("+12135550199", OURS, body="8")

    assert [text["Body"] for text in platform.texts] == ["9", "9", "9", "8"]


async def test_callbacks_are_reordered(carrier: Carrier, platform: Receiver) -> None:
    carrier.faults = fault(Trouble.REORDERED)
    await send(carrier, platform)
    await carrier.settled()

    assert platform.statuses == ["delivered", "sent", "queued"]


async def test_callbacks_come_before_the_answer(carrier: Carrier, platform: Receiver) -> None:
    carrier.faults = fault(Trouble.EARLY)
    assert (await send(carrier, platform))[0] == 201
    assert platform.statuses == ["queued", "sent", "delivered"]


async def test_no_callback_comes_at_all(carrier: Carrier, platform: Receiver) -> None:
    carrier.faults = fault(Trouble.SILENT)
    await send(carrier, platform)
    await carrier.settled()

    assert platform.requests == []
    assert [c.status for c in ledger.only(carrier.ledger, ledger.StatusChange)] == [
        "queued",
        "sent",
        "delivered",
    ]


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        ("undelivered", 30005, ["queued", "sent", "undelivered"]),
        ("failed", 30007, ["queued", "failed"]),
    ],
)
async def test_a_text_fails_with_its_code(
    carrier: Carrier, platform: Receiver, status: str, code: int, expected: list[str]
) -> None:
    carrier.faults = fault(Trouble.FAILED, status=status, code=code, to=PERSON)
    arrived: list[str] = []
    carrier.listeners.append(lambda text: arrived.append(text.person))
    await send(carrier, platform)
    await carrier.settled()

    assert platform.statuses == expected
    assert platform.requests[-1].form["ErrorCode"] == str(code)
    assert arrived == []


async def test_faults_are_set_and_the_ledger_read_from_another_process(
    carrier: Carrier, platform: Receiver, api: httpx.AsyncClient
) -> None:
    rules = {"seed": 7, "rules": [{"trouble": "429", "to": PERSON, "times": 1, "retry_after": 2}]}
    answer = await api.put(f"{carrier.base_url}/control/faults", json=rules)
    assert answer.json()["rules"][0]["times"] == 1
    statuses = [(await send(carrier, platform))[0] for _ in range(2)]
    await carrier.settled()

    assert statuses == [429, 201]
    page = (await api.get(f"{carrier.base_url}/control/ledger?entry=CreateRequest")).json()
    assert [entry["accepted"] for entry in page["entries"]] == [False, True]
    rest = await api.get(f"{carrier.base_url}/control/ledger?since={page['next']}")
    assert rest.json()["entries"] == []
    bad = await api.put(f"{carrier.base_url}/control/faults", json={"rules": [{"trouble": "x"}]})
    assert bad.status_code == 422


def test_a_rate_is_kept_and_repeatable() -> None:
    def met(seed: int) -> list[bool]:
        draws = Draws(Faults((Fault(trouble=Trouble.ERROR_BEFORE, rate=0.3),), seed))
        return [draws.fate(SID, f"+1213{n:07}").answer is not None for n in range(2000)]

    assert met(1) == met(1) != met(2)
    assert 500 < sum(met(1)) < 700


def test_one_account_may_be_in_trouble_alone() -> None:
    draws = Draws(Faults((Fault(trouble=Trouble.UNAUTHORIZED, account="AC2"),)))

    assert draws.fate("AC1", PERSON).answer is None
    assert draws.fate("AC2", PERSON).answer is not None


def test_faults_survive_json() -> None:
    faults = Faults(
        (Fault(trouble=Trouble.SLOW, median=0.1, rate=0.5), Fault(trouble=Trouble.EARLY)), 3
    )

    assert from_json(to_json(faults)) == faults
