"""The forms of rules and webhooks: what people fill in, as the API takes it."""

from collections.abc import Mapping
from typing import Any

KINDS: Mapping[str, str] = {
    "low_rating": "a low rating, at once",
    "falling_score": "a falling score, by the week",
    "falling_response_rate": "a falling response rate, by the week",
}
DIGESTS: Mapping[str, str] = {
    "at_once": "at once",
    "hourly": "once an hour",
    "daily": "every morning",
}
METRICS = ("csat", "nps", "ces", "mood")
LISTS = ("emails", "queues", "teams", "surveys", "flows")
EVENTS: Mapping[str, str] = {
    "response.created": "a first answer",
    "response.updated": "anything more of it",
    "response.finished": "all is answered",
    "alert.raised": "an alert",
}


def rule_of(form: Mapping[str, str]) -> dict[str, Any]:
    """Without what was left empty: the API says what then holds."""
    found: dict[str, Any] = {
        "name": form.get("name", "").strip(),
        "kind": form.get("kind", ""),
        "digest": form.get("digest", "at_once"),
    }
    for name in LISTS:
        if values := _listed(form.get(name, "")):
            found[name] = values
    if found["kind"] == "falling_score":
        found["metric"] = form.get("metric", "")
    return found


def webhook_of(form: Mapping[str, str]) -> dict[str, Any]:
    slack = form.get("format") == "slack"
    chosen = [event for event in EVENTS if form.get(event) == "yes"]
    found: dict[str, Any] = {
        "name": form.get("name", "").strip() or "webhook",
        "url": form.get("url", "").strip(),
        "events": ["alert.raised"] if slack else chosen,
        "format": "slack" if slack else "signed",
    }
    for name in ("flows", "surveys"):
        if values := _listed(form.get(name, "")):
            found[name] = values
    if form.get("numbers") == "full":
        found["numbers"] = "full"
    return found


def _listed(text: str) -> list[str]:
    """Separated by commas."""
    return [part.strip() for part in text.split(",") if part.strip()]
