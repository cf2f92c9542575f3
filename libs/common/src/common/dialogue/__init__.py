"""The questions with one person on one channel: pure, so that every channel asks the same way."""

from common.dialogue.asking import advance, answers, close
from common.dialogue.languages import spoken_in
from common.dialogue.record import band_so_far
from common.dialogue.response import response_of
from common.dialogue.speech import (
    OPT_OUT_LINK,
    OWN_VARIABLES,
    asked,
    closing,
    listed,
    maybe_stops,
    names_opt_out_link,
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
    "OPT_OUT_LINK",
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
    "names_opt_out_link",
    "note_text",
    "on_channel",
    "opening_text",
    "reminder_text",
    "response_of",
    "say",
    "spoken",
    "spoken_in",
]
