"""What goes out now: free words while the person's window is open, an approved template else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import structs

from channel.content import Choices, Content, Template, Text
from channel.outgoing.fitting import Saying, Unsayable
from channel.store import windows
from channel.store.schema import Key, Schema
from common.database import Connection
from common.events.sends import FailureClass
from common.telemetry import logging
from whatsapp_sender import repository
from whatsapp_sender.domain.templates import State
from whatsapp_sender.repository import APPROVED, TemplateKey

log = logging.get(__name__)
WINDOW = timedelta(hours=24) - timedelta(minutes=5)  # theirs; it must not close on the way


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsAppFitting:
    schema: Schema

    async def fit(
        self, connection: Connection, sayings: Sequence[Saying], now: datetime
    ) -> Mapping[Key, Content | Unsayable]:
        heard = await windows.last_heard(connection, self.schema, [one.window for one in sayings])
        opened = {key for key, at in heard.items() if now < at + WINDOW}
        keys = {k for one in sayings if (k := _key(one)) is not None}
        known = await repository.states(connection, keys) if keys else {}
        fits: dict[Key, Content | Unsayable] = {}
        for saying in sayings:
            content, there = saying.content, _approved(saying, known)
            if isinstance(content, Template) and there is not None and there.sid:
                # By a name of the provider's: in the window, too, for its free words have no taps.
                fits[saying.send.key] = structs.replace(content, sid=there.sid)
            elif saying.window in opened:
                if isinstance(content, Template):
                    fits[saying.send.key] = _free(content)
            elif there is None:
                why = fits[saying.send.key] = _unsayable(saying, known)
                _tell(saying, why)
        return fits


def _free(content: Template) -> Content:
    if content.buttons:
        return Choices(text=content.text, buttons=content.buttons)
    return Text(text=content.text)


def _approved(saying: Saying, known: Mapping[TemplateKey, State]) -> State | None:
    key = _key(saying)
    there = known.get(key) if key is not None else None
    return there if there is not None and there.status == APPROVED else None


def _unsayable(saying: Saying, known: Mapping[TemplateKey, State]) -> Unsayable:
    """Why it cannot go out while the window is closed."""
    key, content = _key(saying), saying.content
    if key is None or not isinstance(content, Template):
        return Unsayable(
            FailureClass.EXPIRED, "the person wrote more than 24 hours ago: a template only"
        )
    there = known.get(key)
    which = f"the template {content.name} ({content.language})"
    if there is None:
        return Unsayable(FailureClass.CONFIG, f"{which} is not at the provider yet")
    because = f": {there.reason}" if there.reason else ""
    return Unsayable(FailureClass.CONFIG, f"{which} is {there.status}{because}")


def _key(saying: Saying) -> TemplateKey | None:
    content, send = saying.content, saying.send
    if not isinstance(content, Template) or send.account is None:
        return None
    return send.workspace, send.account, content.name, content.language


def _tell(saying: Saying, why: Unsayable) -> None:
    log.warning(
        "not_sent",
        workspace=saying.send.workspace,
        account=saying.send.account,
        send_id=str(saying.send.id),
        why=why.reason,
    )
