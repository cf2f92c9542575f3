"""For tests: a sender over real HTTP, a carrier on the other side, builders for both."""

from sms_sender.testing.facts import (
    BRANCHING,
    CALLER,
    NUMBERS,
    OURS,
    PEPPER,
    SURVEY,
    TOKEN,
    WORKSPACE,
    contact_of,
    documents,
    enveloped,
    person,
    sid,
    step,
)
from sms_sender.testing.running import sending
from sms_sender.testing.stack import Shifted, Stack, key_for, until

__all__ = [
    "BRANCHING",
    "CALLER",
    "NUMBERS",
    "OURS",
    "PEPPER",
    "SURVEY",
    "TOKEN",
    "WORKSPACE",
    "Shifted",
    "Stack",
    "contact_of",
    "documents",
    "enveloped",
    "key_for",
    "person",
    "sending",
    "sid",
    "step",
    "until",
]
