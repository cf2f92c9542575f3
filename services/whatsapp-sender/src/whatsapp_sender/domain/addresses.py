"""Telephone numbers as WhatsApp writes them, and people that are known by no number; pure."""

import re

from common.phone import normalised

USER = "whatsapp:"  # an address of ours: this and Meta's id of a user, scoped to the business
_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")


def number_of(wa_id: str) -> str | None:
    """E.164 as it is written today: WhatsApp keeps the mobiles of some countries as they were."""
    digits = re.sub(r"[^0-9]", "", wa_id)
    if not 6 <= len(digits) <= 15:
        return None
    return normalised(f"+{digits}") or f"+{digits}"


def user_of(user_id: str | None) -> str | None:
    """The address of somebody who shows a name and no number."""
    if user_id is None or not _USER_ID.fullmatch(user_id):
        return None
    return USER + user_id
