"""What Meta's webhooks tell. One request may have many entries, of many numbers and accounts.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeGuard
from uuid import UUID, uuid4

from channel.providers import CallbackKind, ProviderEvent
from channel.store.outcomes import Choice, InboundMessage, Report
from common.events.sends import DeliveryStatus
from whatsapp_sender.domain.addresses import number_of, user_of
from whatsapp_sender.domain.choices import chosen
from whatsapp_sender.providers.meta_codes import STATUSES, failure_of, in_words

Fields = Mapping[str, Any]
ACCOUNT_FIELDS = frozenset(
    {
        "message_template_status_update",
        "message_template_quality_update",
        "template_category_update",
        "phone_number_quality_update",
        "account_update",
    }
)
SAYS_NOTHING = frozenset({"reaction", "system", "unsupported", "ephemeral"})
KEYWORDS = {"stop": "stop", "resume": "start"}  # of a person's preferences


def events(body: Any) -> Iterator[ProviderEvent]:
    """Whatever of it can be read; one part that cannot must not lose the others."""
    for entry in _list(body, "entry"):
        account = str(entry.get("id", ""))
        for change in _list(entry, "changes"):
            value, field = change.get("value"), change.get("field")
            if str(field) in ACCOUNT_FIELDS:
                yield _of_account(account, str(field))
            elif isinstance(value, dict):
                yield from _of_number(account, value)


def _of_account(account: str, field: str) -> ProviderEvent:
    return ProviderEvent(
        kind=CallbackKind.ACCOUNT,
        key=field,
        address="",
        message_id="",
        fields={},
        account=account,
    )


def _of_number(account: str, value: Fields) -> Iterator[ProviderEvent]:
    metadata = value.get("metadata")
    ours = number_of(str(metadata.get("display_phone_number"))) if _is_object(metadata) else None
    if ours is None:
        return
    users = [one.get("user_id") for one in _list(value, "contacts")]
    user = users[0] if len(users) == 1 else None  # whose it is, if the request tells of one
    for kind, name in (
        (_message, "messages"),
        (_status, "statuses"),
        (_preference, "user_preferences"),
    ):
        for told in _list(value, name):
            event = kind(told, account=account, ours=ours, user=user)
            if event is not None:
                yield event


def _message(told: Fields, *, account: str, ours: str, user: Any) -> ProviderEvent | None:
    identity = told.get("id")
    address = _address(told.get("from"), told.get("from_user_id") or user)
    if not isinstance(identity, str) or address is None:
        return None
    return ProviderEvent(
        kind=CallbackKind.MESSAGE,
        key=f"m/{identity}",
        address=address,
        message_id=identity,
        fields={"ours": ours, "address": address, "message": dict(told)},
        our_number=ours,
        account=account,
    )


def _status(told: Fields, *, account: str, ours: str, user: Any) -> ProviderEvent | None:
    identity, status = told.get("id"), told.get("status")
    address = _address(told.get("recipient_id"), told.get("recipient_user_id") or user)
    if not isinstance(identity, str) or not isinstance(status, str) or address is None:
        return None
    return ProviderEvent(
        kind=CallbackKind.STATUS,
        key=f"s/{identity}/{status}",
        address=address,
        message_id=identity,
        fields={"status": dict(told)},
        our_number=ours,
        account=account,
        send_id=_uuid(told.get("biz_opaque_callback_data")),
    )


def _preference(told: Fields, *, account: str, ours: str, user: Any) -> ProviderEvent | None:
    """The person stopped or resumed marketing in WhatsApp's own settings."""
    address = _address(told.get("wa_id"), told.get("user_id") or user)
    value = _text(told.get("value"))
    if address is None or value not in KEYWORDS:
        return None
    when: Any = told.get("timestamp")
    if _time(when) is None:
        # Nothing tells a copy from saying it once more. A no is taken each time; a yes may be an
        # old one that comes late, and who means it can write START.
        if KEYWORDS[value] != "stop":
            return None
        when = uuid4()
    return ProviderEvent(
        kind=CallbackKind.MESSAGE,
        key=f"p/{address}/{when}/{value}",
        address=address,
        message_id="",
        fields={
            "ours": ours,
            "address": address,
            "preference": value,
            "timestamp": told.get("timestamp"),
        },
        our_number=ours,
        account=account,
    )


def report(fields: Fields) -> Report | None:
    """What a stored status tells."""
    told = fields.get("status")
    if not _is_object(told):
        return None
    status = STATUSES.get(str(told.get("status")))
    if status is None:
        return None
    code: object = None
    if status is DeliveryStatus.FAILED:
        code = next((one.get("code") for one in _list(told, "errors")), None)
    failed = status is DeliveryStatus.FAILED
    return Report(
        status=status,
        provider_message_id=str(told.get("id")),
        failure=failure_of(code) if failed else None,
        code=f"{code}: {in_words(code)}" if failed else None,
        read=told.get("status") in ("read", "played"),
    )


def inbound(fields: Fields) -> InboundMessage | None:
    """What a person wrote, tapped, or set."""
    ours, address = fields.get("ours"), fields.get("address")
    if not isinstance(ours, str) or not isinstance(address, str):
        return None
    if "preference" in fields:
        keyword = KEYWORDS.get(str(fields["preference"]))
        return InboundMessage(
            our_number=ours,
            address=address,
            text="",
            keyword=keyword,
            in_app=True,
            written_at=_time(fields.get("timestamp")),
        )
    told = fields.get("message")
    if not _is_object(told) or str(told.get("type")) in SAYS_NOTHING:
        return None
    text, identity = _words(told)
    tapped = chosen(identity) if identity else None
    context = told.get("context")
    about = context.get("id") if _is_object(context) else None
    return InboundMessage(
        our_number=ours,
        address=address,
        text=text,
        choice=Choice(tapped.question_id, tapped.value) if tapped else None,
        invitation_id=tapped.invitation_id if tapped else None,
        about=about if isinstance(about, str) else None,
        written_at=_time(told.get("timestamp")),
    )


def _words(told: Fields) -> tuple[str, str | None]:
    """Text, and the id of what was tapped."""
    for kind, words, identity in (("text", "body", ""), ("button", "text", "payload")):
        part = told.get(kind)
        if told.get("type") == kind and _is_object(part):
            return _text(part.get(words)), _text(part.get(identity)) or None
    interactive = told.get("interactive")
    if told.get("type") == "interactive" and _is_object(interactive):
        part = interactive.get(str(interactive.get("type")))
        if _is_object(part):
            return _text(part.get("title")), _text(part.get("id")) or None
    caption = told.get(str(told.get("type")))
    return (_text(caption.get("caption")) if _is_object(caption) else ""), None


def _address(number: Any, user: Any) -> str | None:
    """The number where it is told: a person is known by it on every channel."""
    found = number_of(number) if isinstance(number, str) else None
    return found or (user_of(user) if isinstance(user, str) else None)


def _list(value: Any, name: str) -> list[dict[str, Any]]:
    found = value.get(name) if _is_object(value) else None
    return [one for one in found if _is_object(one)] if isinstance(found, list) else []


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _time(value: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
