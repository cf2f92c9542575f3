"""Telephone numbers as WhatsApp writes them, and people that are known by no number; pure."""

import re

USER = "whatsapp:"  # an address of ours: this and Meta's id of a user, scoped to the business
_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_MEXICO = re.compile(r"521(\d{10})")
_ARGENTINA = re.compile(r"54(?!9)(\d{10})")
_BRAZIL = re.compile(r"55(\d{2})([6-9]\d{7})")


def number_of(wa_id: str) -> str | None:
    """E.164. Mobile numbers of some countries have a digit more or less at WhatsApp."""
    digits = re.sub(r"[^0-9]", "", wa_id)
    if not 6 <= len(digits) <= 15:
        return None
    if found := _MEXICO.fullmatch(digits):
        return f"+52{found[1]}"
    if found := _ARGENTINA.fullmatch(digits):
        return f"+549{found[1]}"
    if found := _BRAZIL.fullmatch(digits):
        return f"+55{found[1]}9{found[2]}"
    return f"+{digits}"


def user_of(user_id: str | None) -> str | None:
    """The address of somebody who shows a name and no number."""
    if user_id is None or not _USER_ID.fullmatch(user_id):
        return None
    return USER + user_id
