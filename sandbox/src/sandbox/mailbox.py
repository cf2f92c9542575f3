"""Every message of every account, and who talks with whom from which number."""

from collections import defaultdict
from collections.abc import Mapping

from sandbox.ledger import utc_now
from sandbox.messages import Account, Message, new_sid


class Mailbox:
    """Finds messages by sid and by receiver, and conversations by their two numbers."""

    def __init__(self, accounts: Mapping[str, Account]) -> None:
        self._accounts = accounts
        self._messages: dict[str, Message] = {}
        self._by_to: defaultdict[tuple[str, str], list[Message]] = defaultdict(list)
        self._last_sender: dict[tuple[str, str], str] = {}  # (account, person)
        self._owner: dict[tuple[str, str], str] = {}  # (our number, person): account

    def get(self, sid: str) -> Message | None:
        return self._messages.get(sid)

    def sent_to(self, account: str, to: str | None) -> list[Message]:
        """The account's messages to this number, or all, oldest first."""
        if to is not None:
            return self._by_to.get((account, to), [])
        return [message for message in self._messages.values() if message.account == account]

    def outbound(
        self, account: str, sender: str, *, to: str, body: str, service: str | None, callback: str
    ) -> Message:
        now = utc_now()
        self._last_sender[account, to] = sender
        self._owner[sender, to] = account
        return self._keep(
            Message(
                sid=new_sid(),
                account=account,
                to=to,
                sender=sender,
                body=body,
                direction="outbound-api",
                status="accepted" if service else "queued",
                created=now,
                updated=now,
                service=service,
                callback=callback,
            )
        )

    def inbound(self, account: str, person: str, *, to: str, body: str) -> Message:
        now = utc_now()
        return self._keep(
            Message(
                sid=new_sid(),
                account=account,
                to=to,
                sender=person,
                body=body,
                direction="inbound",
                status="received",
                created=now,
                updated=now,
                sent=now,
            )
        )

    def last_sender(self, account: str, person: str) -> str | None:
        return self._last_sender.get((account, person))

    def owner_of(self, number: str, person: str) -> str:
        """The account that last texted this person from the number, else the number's own.

        Raises KeyError when there is none.
        """
        known = self._owner.get((number, person))
        if known is not None:
            return known
        for sid, settings in self._accounts.items():
            if number in settings.numbers:
                return sid
        if len(self._accounts) == 1:
            return next(iter(self._accounts))
        raise KeyError(number)

    def _keep(self, message: Message) -> Message:
        self._messages[message.sid] = message
        self._by_to[message.account, message.to].append(message)
        return message
