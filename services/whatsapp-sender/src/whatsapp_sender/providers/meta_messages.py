"""What is sent, as the Cloud API takes it.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from channel.content import Button, Choices, Content, Template, Text
from whatsapp_sender.domain.addresses import USER

REPLY_BUTTONS, LONGEST_TITLE = (
    3,
    20,
)  # that a message inside the window may have; a list has ten rows
LIST_LABEL = "\u2605"  # what opens a list, in every language
LONGEST_TEXT, LONGEST_BODY = 4096, 1024


def message(to: str, content: Content, send_id: UUID) -> dict[str, Any] | None:
    """None: a kind of content that WhatsApp does not have. `send_id` comes back in statuses."""
    said = _said(content)
    if said is None:
        return None
    recipient = {"recipient": to.removeprefix(USER)} if to.startswith(USER) else {"to": to[1:]}
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **recipient,
        **said,
        "biz_opaque_callback_data": str(send_id),
    }


def _said(content: Content) -> dict[str, Any] | None:
    match content:
        case Text(text=text):
            return {"type": "text", "text": {"body": text[:LONGEST_TEXT], "preview_url": False}}
        case Choices(text=text, buttons=buttons):
            return {"type": "interactive", "interactive": _interactive(text, buttons)}
        case Template():
            return {"type": "template", "template": _template(content)}
    return None


def _interactive(text: str, buttons: Sequence[Button]) -> Mapping[str, Any]:
    fit = all(len(button.title) <= LONGEST_TITLE for button in buttons)
    if fit and len(buttons) <= REPLY_BUTTONS:
        replies = [{"type": "reply", "reply": {"id": b.id, "title": b.title}} for b in buttons]
        return {
            "type": "button",
            "body": {"text": text[:LONGEST_BODY]},
            "action": {"buttons": replies},
        }
    rows = [{"id": button.id, "title": button.title} for button in buttons]
    return {
        "type": "list",
        "body": {"text": text[:LONGEST_TEXT]},
        "action": {"button": LIST_LABEL, "sections": [{"title": LIST_LABEL, "rows": rows}]},
    }


def _template(content: Template) -> Mapping[str, Any]:
    components: list[dict[str, Any]] = []
    if content.variables:
        texts = [{"type": "text", "text": value} for value in content.variables]
        components.append({"type": "body", "parameters": texts})
    for index, button in enumerate(content.buttons):
        components.append(
            {
                "type": "button",
                "sub_type": "quick_reply",
                "index": str(index),
                "parameters": [{"type": "payload", "payload": button.id}],
            }
        )
    return {
        "name": content.name,
        "language": {"code": content.language},
        "components": components,
    }
