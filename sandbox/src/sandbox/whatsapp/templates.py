"""Message templates: made, reviewed, and used to say something."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_PLACE = re.compile(r"\{\{(\d+)\}\}")
_NAME = re.compile(r"[a-z0-9_]{1,512}")
MOST_BUTTONS, LONGEST_TITLE, LONGEST_BODY = 10, 25, 1024
CATEGORIES = frozenset({"UTILITY", "MARKETING", "AUTHENTICATION"})


class Refused(Exception):
    """A request that Meta does not take. `status` of HTTP."""

    def __init__(self, code: int, details: str, *, status: int = 400, subcode: int | None = None):
        super().__init__(details)
        self.code, self.details, self.status, self.subcode = code, details, status, subcode


@dataclass(slots=True, kw_only=True)
class Template:
    """`body` with {{1}}; `titles` of its quick replies."""

    id: str
    name: str
    language: str
    category: str
    body: str
    titles: Sequence[str]
    status: str = "PENDING"
    reason: str = "NONE"

    @property
    def places(self) -> int:
        return len(set(_PLACE.findall(self.body)))

    def resource(self) -> dict[str, Any]:
        """The JSON of the REST API."""
        components: list[dict[str, Any]] = [{"type": "BODY", "text": self.body}]
        if self.titles:
            buttons = [{"type": "QUICK_REPLY", "text": title} for title in self.titles]
            components.append({"type": "BUTTONS", "buttons": buttons})
        return {
            "id": self.id,
            "name": self.name,
            "language": self.language,
            "category": self.category,
            "status": self.status,
            "rejected_reason": self.reason,
            "components": components,
        }

    def said(self, values: Sequence[str]) -> str:
        return _PLACE.sub(lambda place: values[int(place[1]) - 1], self.body)


def made(body: Mapping[str, Any], identity: str) -> Template:
    """Raises `Refused` for what Meta would not even review."""
    name, category = str(body.get("name", "")), str(body.get("category", ""))
    if not _NAME.fullmatch(name) or category not in CATEGORIES:
        raise Refused(100, "name or category")
    parts = {one.get("type"): one for one in body.get("components", ())}
    text = str(parts.get("BODY", {}).get("text", ""))
    buttons = parts.get("BUTTONS", {}).get("buttons", [])
    titles = [str(button.get("text", "")) for button in buttons]
    places = sorted({int(found) for found in _PLACE.findall(text)})
    if not 0 < len(text) <= LONGEST_BODY or _PLACE.match(text) or text.endswith("}}"):
        raise Refused(100, "the body is empty, too long, or begins or ends with a variable")
    if places != list(range(1, len(places) + 1)):
        raise Refused(100, "variables are numbered from 1")
    examples = parts.get("BODY", {}).get("example", {}).get("body_text", [[]])
    if places and len(examples[0]) != len(places):
        raise Refused(100, "an example for each variable is needed")
    if len(titles) > MOST_BUTTONS or any(not 0 < len(one) <= LONGEST_TITLE for one in titles):
        raise Refused(100, "buttons")
    return Template(
        id=identity,
        name=name,
        language=str(body.get("language", "")),
        category=category,
        body=text,
        titles=titles,
    )


def filled(template: Template | None, given: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The words and the payloads of the buttons. Raises `Refused`."""
    if template is None:
        raise Refused(132001, "template name does not exist in the translation", status=404)
    if template.status == "PAUSED":
        raise Refused(132015, "template is paused")
    if template.status == "DISABLED":
        raise Refused(132016, "template is disabled")
    if template.status != "APPROVED":
        raise Refused(132001, f"template is {template.status}", status=404)
    components = given.get("components", [])
    bodies = [one for one in components if one.get("type") == "body"]
    values = [str(one.get("text", "")) for body in bodies for one in body["parameters"]]
    if len(values) != template.places:
        raise Refused(132000, "number of parameters does not match")
    if any(not value or re.search(r"[\n\t]| {5}", value) for value in values):
        raise Refused(132018, "a parameter is empty or has line ends")
    payloads = list(template.titles)
    for one in components:
        if one.get("type") == "button":
            if one.get("sub_type") != "quick_reply" or int(one["index"]) >= len(payloads):
                raise Refused(132012, "button")
            payloads[int(one["index"])] = str(one["parameters"][0]["payload"])
    return template.said(values), payloads
