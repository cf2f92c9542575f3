"""The questions with one person on one channel: pure, so that every channel asks the same way."""

from common.dialogue.asking import advance, answers, close
from common.dialogue.languages import spoken_in
from common.dialogue.record import band_so_far
from common.dialogue.response import response_of
from common.dialogue.speech import (
    OWN_VARIABLES,
    asked,
    closing,
    listed,
    maybe_stops,
    note_text,
    on_channel,
    opening_text,
    reminder_text,
    say,
    spoken,
)
from common.dialogue.state import (
    Advanced,
    Dialogue,
    Input,
    Open,
    Output,
    Reply,
    Said,
    Silence,
    Stage,
    Tap,
)

__all__ = [
    "OWN_VARIABLES",
    "Advanced",
    "Dialogue",
    "Input",
    "Open",
    "Output",
    "Reply",
    "Said",
    "Silence",
    "Stage",
    "Tap",
    "advance",
    "answers",
    "asked",
    "band_so_far",
    "close",
    "closing",
    "listed",
    "maybe_stops",
    "note_text",
    "on_channel",
    "opening_text",
    "reminder_text",
    "response_of",
    "say",
    "spoken",
    "spoken_in",
]
