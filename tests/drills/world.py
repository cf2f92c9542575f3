"""The workspace of a drill: three channels, flows with plans over them, and PBXs that insist."""

from collections.abc import Mapping
from typing import Any

from common.database import Database
from sandbox.faults import Fault, Faults, Trouble
from sandbox.messages import Account
from sandbox.pbx.calls import Kind
from sandbox.pbx.numbers import LINES
from sandbox.pbx.ours import MAPPING
from sandbox.personas import Habit
from sandbox.whatsapp.cloud import Business

WORKSPACE = "drill"
TEXTS, CALLS, CHATS = "drill-texts", "drill-calls", "drill-chats"  # accounts
SID, CALLER_SID = "ACd1000000000000000000000000000000", "ACd2000000000000000000000000000000"
BUSINESS = "102290129340398"
SENDERS = ("+16465550150", "+13125550151", "+14155550152", "+12065550153")
CALLERS = ("+16465550154", "+13125550155")
CHATTERS = {"106540352242922": "+14155550156", "106540352242923": "+12065550157"}
TOKEN, SOURCE, APP, VERIFY = (
    f"AFTERCALL_SECRET_DRILL_{name}" for name in ("TOKEN", "SOURCE", "APP", "VERIFY")
)
SECRETS = {
    TOKEN: "the-token-of-every-account-of-drills",
    SOURCE: "the-secret-of-every-source-of-drills",
    APP: "the-secret-of-the-app-of-drills",
    VERIFY: "what-the-app-of-drills-is-known-by",
}
SOURCES = {
    "aircall": "drill-aircall",
    "freeswitch": "drill-freeswitch",
    "myoperator": "drill-myoperator",
    "mapped-json": "drill-mapped",
}
CAP = 1
SETTLE = "2s"  # FreeSWITCH tells calls in parts here
# Most people answer, and write more than once: replies must be in flight.
HABITS: Mapping[Habit, float] = {
    Habit.ANSWERS: 24,
    Habit.COMMENTS: 36,
    Habit.CORRECTS: 10,
    Habit.QUICK: 8,
    Habit.TWICE: 6,
    Habit.NONSENSE_FIRST: 6,
    Habit.STOPS: 2,
    Habit.STOPS_LATER: 3,
    Habit.IGNORES: 5,
}
KINDS: Mapping[Kind, float] = {
    Kind.CONNECTED: 84,
    Kind.TRANSFERRED: 5,
    Kind.REPEAT: 6,
    Kind.SHORT: 2,
    Kind.MISSED: 3,
}


# What a flow tries, by name.
PLANS: Mapping[str, list[dict[str, Any]]] = {
    "texts": [{"channel": "sms"}],
    "chats": [{"channel": "whatsapp"}, {"channel": "sms", "when": "failed"}],
    "calls": [
        {"channel": "ivr"},
        {"channel": "ivr", "when": "failed", "after": "5s"},
        {"channel": "sms", "when": "failed"},
    ],
    "texts-then-calls": [
        {"channel": "sms"},
        {"channel": "ivr", "when": ["failed", "silent"]},
    ],
    "texts-then-chats": [
        {"channel": "sms"},
        {"channel": "whatsapp", "when": ["failed", "silent"]},
    ],
}
LONG = 250  # seconds of talk; shorter calls are asked about by a queue's first plan
BY_QUEUE = {  # its survey, and its plans
    "billing": ("csat", "texts", "texts-then-chats"),
    "support": ("nps", "calls", "texts-then-calls"),
    "sales": ("ces", "chats", "texts"),
}
NO_WHATSAPP = 13  # one person in so many has none


def slow(latency: float) -> Faults:
    """Seconds, the median; some texts reach nobody."""
    fault = Fault(trouble=Trouble.SLOW, median=latency, p99=1.4 * latency)
    lost = Fault(trouble=Trouble.FAILED, account=SID, rate=0.05, code=30003)
    return Faults(rules=(fault, lost))


def accounts(texts_url: str) -> dict[str, Account]:
    """At the carrier; where replies go is told it, where calls go each call says."""
    inbound = f"{texts_url}/v1/sms/callbacks/{TEXTS}/inbound"
    return {
        SID: Account(SECRETS[TOKEN], numbers=SENDERS, inbound_url=inbound),
        CALLER_SID: Account(SECRETS[TOKEN], numbers=CALLERS),
    }


def business(chats_url: str) -> Business:
    return Business(
        id=BUSINESS,
        token=SECRETS[TOKEN],
        secret=SECRETS[APP],
        webhook=f"{chats_url}/v1/whatsapp/callbacks/{CHATS}",
        numbers=CHATTERS,
    )


def configuration(carrier_url: str, meta_url: str, *, silence: str = "30s") -> dict[str, Any]:
    """The body of `PUT /v1/config`: two flows per queue, some delayed; one ask a week.

    `silence`: until somebody who was texted is asked on another channel.
    """
    sources: list[dict[str, Any]] = [
        {"id": name, "vendor": vendor, "region": "US", "secrets": [f"env:{SOURCE}"]}
        for vendor, name in SOURCES.items()
    ]
    sources[1]["settle"] = SETTLE
    sources[3]["mapping"] = MAPPING
    workspace = {
        "id": WORKSPACE,
        "name": "Northwind",
        "countries": ["US"],
        "caps": [{"asks": CAP, "per": "7d"}],
        "explicit_consent": [],  # everybody said yes to everything, until they say no
        "call_ceiling": 1_000_000,
    }
    return {
        "workspaces": [workspace],
        "sources": sources,
        "numbers": [{"number": number, "name": f"{queue} line"} for queue, number in LINES.items()],
        "accounts": _accounts(carrier_url, meta_url),
        "surveys": [
            _survey("csat", [1, 5], "how satisfied were you, 1 (not at all) to 5 (very)?"),
            _survey("nps", [0, 10], "would you recommend us, 0 (not at all) to 10 (surely)?"),
            _survey("ces", [1, 7], "it was easy: 1 (strongly disagree) to 7 (strongly agree)?"),
        ],
        "flows": [flow for queue in BY_QUEUE for flow in _flows(queue, silence)],
    }


def _accounts(carrier_url: str, meta_url: str) -> list[dict[str, Any]]:
    shared = {"in_flight": 500, "timeout": "30s"}
    at_carrier = shared | {"auth_token": f"env:{TOKEN}", "base_url": carrier_url}
    chats = [
        {"number": number, "phone_number_id": name, "per_second": 25}
        for name, number in CHATTERS.items()
    ]
    return [
        at_carrier | {"id": TEXTS, "account_sid": SID, "senders": _senders(SENDERS)},
        at_carrier
        | {"id": CALLS, "channel": "ivr", "account_sid": CALLER_SID, "senders": _senders(CALLERS)},
        shared
        | {
            "id": CHATS,
            "channel": "whatsapp",
            "provider": "meta",
            "base_url": meta_url,
            "business_account_id": BUSINESS,
            "access_token": f"env:{TOKEN}",
            "app_secret": f"env:{APP}",
            "verify_token": f"env:{VERIFY}",
            "senders": chats,
        },
    ]


def _senders(numbers: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{"number": number, "per_second": 25} for number in numbers]


def _survey(metric: str, scale: list[int], text: str) -> dict[str, Any]:
    return {
        "id": metric,
        "metric": metric,
        "questions": [
            {"id": "score", "kind": "rating", "scale": scale, "text": {"en": f"{{brand}}: {text}"}},
            {"id": "why", "kind": "comment", "text": {"en": "Thank you! What is the reason?"}},
        ],
    }


def _flows(queue: str, silence: str) -> list[dict[str, Any]]:
    survey, short, long = BY_QUEUE[queue]
    bounds = {short: {"at_most": LONG - 1}, long: {"at_least": LONG}}
    return [
        {
            "id": f"{queue}-{plan}",
            "survey": survey,
            "enabled": True,
            "delay": "3s" if queue == "sales" else "0s",
            "call_hours": "00:00-24:00",
            "plan": [
                step | ({"after": silence} if "silent" in step.get("when", ()) else {})
                for step in PLANS[plan]
            ],
            "when": {
                "queues": [queue],
                "directions": ["inbound", "outbound"],
                "all": [{"field": "talk_seconds", **bound}],
            },
        }
        for plan, bound in bounds.items()
    ]


async def chats_are_approved(db: Database) -> bool:
    """Their templates, one per survey that is asked so at least."""
    async with db.connection() as connection:
        rows = await connection.fetch("select status from whatsapp_sender.templates")
    return len(rows) >= 2 and {row["status"] for row in rows} == {"approved"}
