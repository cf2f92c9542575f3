"""Whoever is unhappy is put through to a person, where the flow says so; pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import structs

from channel.content import Content, Prompt, Transfer, Utterance
from channel.rendering import Ending
from common.config.person_line import PersonLine
from common.events.questionnaire import Voice
from common.hours import is_within
from common.render import render


def put_through(content: Content, ending: Ending) -> Content:
    """The closing words, or the announcement that somebody is rung; what a caller hears last."""
    line = ending.flow.transfer if ending.flow else None
    if line is None or not isinstance(content, Prompt) or ending.band not in line.bands:
        return content
    if not is_open(line, ending.zone, ending.now):
        return content
    if not ending.our_number.startswith("+"):  # a name in SIP, from which nobody can be rung
        return content
    voice = ending.questionnaire.voice or Voice()
    known = {"brand": ending.questionnaire.brand}
    said = render(voice.texts.transfer, known)
    audio = voice.recordings.get("transfer")
    return structs.replace(
        content,
        text=said,
        parts=(Utterance(text=said, audio=audio),) if audio else (),
        transfer=Transfer(
            number=line.number,
            caller=ending.our_number,
            ring=int(line.ring.total_seconds()),
            longest=int(line.longest.total_seconds()),
            otherwise=render(voice.texts.transfer_failed, known),
        ),
    )


def is_open(line: PersonLine, zone: str, now: datetime) -> bool:
    """By the workspace's clock: it is its people who answer."""
    local = now.astimezone(ZoneInfo(zone))
    return local.strftime("%a").lower() in line.days and is_within(line.hours, local)
