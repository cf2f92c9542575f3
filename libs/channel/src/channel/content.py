"""What is sent: content, made by a channel's renderer and kept as it was made.

A kind of content more is a struct more in `Content`. A version that does not know it leaves the
send to one that does.
"""

from typing import Any
from uuid import UUID

import msgspec

ENCODED = dict[str, Any]  # as PostgreSQL keeps it: JSON with the kind of content in `type`


class Text(msgspec.Struct, frozen=True, kw_only=True, tag="text"):
    """Words alone: SMS, and chats within the time in which words may be free."""

    text: str


class Button(msgspec.Struct, frozen=True, kw_only=True):
    """`id` comes back when it is pressed."""

    id: str
    title: str


class Choices(msgspec.Struct, frozen=True, kw_only=True, tag="choices"):
    """Words and what may be tapped below them, within the time in which words may be free."""

    text: str
    buttons: tuple[Button, ...]


class Template(msgspec.Struct, frozen=True, kw_only=True, tag="template"):
    """Words that the provider has approved, with what fills them in, in order.

    `text`: the same words filled in, for when they may be free. `sid`: what the provider calls it,
    where that is no name of ours; known when it goes out.
    """

    name: str
    language: str
    sid: str = ""
    variables: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()
    text: str = ""


class Utterance(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is said; `audio`: the URL of a recording of it.

    `language` and `voice`: where they are not those of the prompt.
    """

    text: str
    audio: str | None = None
    language: str | None = None
    voice: str | None = None


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """Who is rung while the call goes on, from our number `caller`; times in seconds.

    `otherwise`: what is said when nobody takes it.
    """

    number: str
    caller: str
    ring: int
    longest: int
    otherwise: str


class Prompt(msgspec.Struct, frozen=True, kw_only=True, tag="prompt"):
    """Spoken (`text`) or played (`audio`, a URL); `parts`, one after the other, in their place.

    `keys` may be pressed. `speech`: what they say is listened to, too, and `hints` are likely
    words of it. Neither: it ends there. `stop`: the key that opts out. `goodbye`: what is said
    when nothing more can be asked for, whatever the reason. `contact_id`: who is on the line,
    where their number does not tell.
    """

    text: str
    audio: str | None = None
    parts: tuple[Utterance, ...] = ()
    keys: tuple[str, ...] = ()
    speech: bool = False
    hints: tuple[str, ...] = ()
    stop: str | None = None
    goodbye: str | None = None
    voice: str | None = None
    language: str = "en"
    transfer: Transfer | None = None  # after what is said
    contact_id: UUID | None = None


class Mail(msgspec.Struct, frozen=True, kw_only=True, tag="mail"):
    """`text` says the same as `html`, for readers without it."""

    subject: str
    text: str
    html: str | None = None


Content = Text | Choices | Template | Prompt | Mail


def encode(content: Content) -> ENCODED:
    encoded: ENCODED = msgspec.to_builtins(content)
    return encoded


def decode(value: ENCODED | None) -> Content | None:
    """None: nothing, or a kind of content of a newer version."""
    try:
        return msgspec.convert(value, Content) if value is not None else None
    except msgspec.ValidationError:
        return None


def words(content: Content | None) -> str | None:
    """By which a message may be recognised among others; None when it has none of its own."""
    match content:
        case Text(text=text) | Choices(text=text) | Prompt(text=text) | Mail(text=text):
            return text
        case Template(text=text):
            return text or None
    return None
