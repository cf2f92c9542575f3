"""Twilio's content templates: made, sent to WhatsApp for review, filled in.

https://www.twilio.com/docs/content/content-api-resources
"""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.messages import Refused

PLACE = re.compile(r"\{\{(\d+)\}\}")
WINDOW = timedelta(hours=24)
PREFIX = "whatsapp:"
MOST_ACTIONS = 10
NO_CONTENT, NO_VARIABLE, NO_WINDOW, NOT_APPROVED = 21655, 21656, 63016, 63040
BAD = 60200


@dataclass(slots=True, kw_only=True)
class ContentTemplate:
    sid: str
    account: str
    friendly_name: str
    language: str
    variables: Mapping[str, str]
    body: str
    actions: Sequence[Mapping[str, str]] = ()
    status: str = "unsubmitted"
    category: str = ""
    reason: str = ""

    def filled(self, given: Mapping[str, str]) -> str:
        """Raises `Refused`: a place that is not filled, or with what WhatsApp does not take."""
        wanted = set(PLACE.findall(self.body))
        if wanted - given.keys() or any(not _is_value(given[name]) for name in wanted):
            raise Refused(NO_VARIABLE)
        return PLACE.sub(lambda found: given[found[1]], self.body)

    def resource(self) -> dict[str, Any]:
        return {
            "account_sid": self.account,
            "friendly_name": self.friendly_name,
            "language": self.language,
            "sid": self.sid,
            "variables": dict(self.variables),
        }

    def approval(self) -> dict[str, Any]:
        return {
            "allow_category_change": True,
            "category": self.category,
            "name": self.friendly_name,
            "rejection_reason": self.reason,
            "status": self.status,
        }


@dataclass(slots=True)
class Contents:
    """Of every account. `reviews`: what is sent for review is approved at once.

    `heard`: when who wrote last to which number of ours.
    """

    reviews: bool = True
    all: dict[str, ContentTemplate] = field(default_factory=dict)
    heard: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def make(self, account: str, given: Mapping[str, Any]) -> ContentTemplate:
        """Raises `Refused`."""
        types = given.get("types")
        words = next(iter(types.values()), None) if isinstance(types, dict) else None
        if not isinstance(words, dict) or not words.get("body") or not given.get("language"):
            raise Refused(BAD)
        actions, variables = words.get("actions", []), given.get("variables", {})
        places = set(PLACE.findall(words["body"]))
        titles = [one.get("title") for one in actions]
        if (
            places != variables.keys()
            or len(actions) > MOST_ACTIONS
            or not all(one.get("id") and one.get("title") for one in actions)
            or len(set(titles)) != len(titles)
        ):
            raise Refused(BAD)
        made = ContentTemplate(
            sid=f"HX{secrets.token_hex(16)}",
            account=account,
            friendly_name=str(given.get("friendly_name", "")),
            language=str(given["language"]),
            variables=variables,
            body=str(words["body"]),
            actions=actions,
        )
        self.all[made.sid] = made
        return made

    def submit(self, account: str, sid: str, given: Mapping[str, Any]) -> ContentTemplate:
        """Raises KeyError, `Refused`."""
        made = self.all[sid]
        if made.account != account:
            raise KeyError(sid)
        name = str(given.get("name", ""))
        if not re.fullmatch(r"[a-z0-9_]{1,512}", name) or made.status != "unsubmitted":
            raise Refused(BAD)
        if given.get("category") not in ("UTILITY", "MARKETING", "AUTHENTICATION"):
            raise Refused(BAD)
        made.category = str(given["category"])
        at_an_end = PLACE.match(made.body) or re.search(r"\{\{\d+\}\}$", made.body)
        if at_an_end:
            made.status, made.reason = "rejected", "a variable at the start or the end"
        else:
            made.status = "approved" if self.reviews else "received"
        return made

    def said(self, account: str, form: Mapping[str, str]) -> tuple[str, ContentTemplate | None]:
        """Its words. Raises `Refused`."""
        if "ContentSid" not in form:
            return form.get("Body", ""), None
        made = self.all.get(form["ContentSid"])
        if made is None or made.account != account:
            raise Refused(NO_CONTENT)
        try:
            variables = json.loads(form.get("ContentVariables", "{}"))
        except ValueError:
            raise Refused(NO_VARIABLE) from None
        return made.filled(variables), made

    def refusal(
        self, form: Mapping[str, str], made: ContentTemplate | None, now: datetime
    ) -> int | None:
        """Why WhatsApp does not deliver it, told by a status."""
        heard = self.heard.get((form["To"], form.get("From", "")))
        if heard is not None and now < heard + WINDOW:
            return None
        if made is None:
            return NO_WINDOW
        return None if made.status == "approved" else NOT_APPROVED


def _is_value(text: Any) -> bool:
    return isinstance(text, str) and bool(text.strip()) and not {*text} & {*"\n\t"}
