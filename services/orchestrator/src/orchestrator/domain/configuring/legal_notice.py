"""The legal notice: what whoever switches surveys on has to know first, and in which words."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from orchestrator.domain.configuring.changes import Change, Documents

TEXT = """\
Surveys are messages and telephone calls to people. Many countries have laws about them: about \
consent, about the hours of a day and the days of a week, about who a message says it is from, \
about registers of people who want no calls, about registering senders and templates, about \
personal data.

Whoever switches a flow on answers for it that these laws are kept: that the people may be asked, \
on this channel and at these hours; that they were told what their numbers and answers are used \
for; that whoever says no is heard, also where it is said to the company and not in reply to a \
survey; and that personal data is kept no longer than it may be.

Aftercall helps: it hears opt-outs, keeps hours, caps, do-not-contact lists and consent, and \
forgets people. It does not know your laws and gives no legal advice. Ask somebody who does before \
the first person is asked."""


@dataclass(frozen=True, slots=True)
class Notice:
    """`required`: of keys, too; of people who use the console it always is."""

    text: str = TEXT
    required: bool = False

    @property
    def version(self) -> str:
        """Another text has another one, and is acknowledged anew."""
        return blake2b(self.text.encode(), digest_size=6).hexdigest()


def enabled_by(before: Documents, changes: Iterable[Change]) -> list[str]:
    """Flows that the changes switch on."""
    return [
        change.id
        for change in changes
        if change.kind == "flow" and (change.body or {}).get("enabled") is True
        if before.get(("flow", change.id), {}).get("enabled") is not True
    ]
