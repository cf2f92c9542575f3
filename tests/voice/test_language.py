"""Whoever is called chooses the language first, where the survey says so."""

import pytest
from msgspec import structs

from common.dialogue import on_channel
from common.events.questionnaire import Questionnaire, Voice, VoiceTexts
from common.events.values import Channel
from tests.voice.running import Line, call_step, rating, survey

ENGLISH = survey(
    rating("score", "How was it?", 1, 5), voice=Voice(texts=VoiceTexts(), locale="en-US")
)
SPANISH = structs.replace(
    survey(
        rating("score", "¿Cómo fue?", 1, 5),
        voice=Voice(
            voice="Polly.Lupe",
            locale="es-US",
            texts=VoiceTexts(
                announce="Somos {brand}.",
                press="Pulse del {low} al {high}.",
                opt_out="Para no recibir más llamadas, pulse {key}.",
                thank_you="Gracias. Adiós.",
                invalid="No es una respuesta.",
                language="Para español, pulse {key}.",
            ),
        ),
    ),
    language="es",
)
CHOICE = structs.replace(ENGLISH, others=(SPANISH,))
MENU = "For English, press 1. Para español, pulse 2."
ANNOUNCED = "This is Acme, with a short survey about your call."


@pytest.mark.parametrize(
    ("key", "opening", "thanks", "language"),
    [
        ("1", f"{ANNOUNCED} How was it?", "Thank you for your time. Goodbye.", "en"),
        ("2", "Somos Acme. ¿Cómo fue? Pulse del 1 al 5.", "Gracias. Adiós.", "es"),
    ],
)
async def test_it_goes_on_in_the_language_that_was_chosen(
    line: Line, key: str, opening: str, thanks: str, language: str
) -> None:
    await line.call(call_step(questionnaire=CHOICE), keys=(key, "8", "4"))

    menu, asked, again, last = line.heard()
    assert menu == f"{ANNOUNCED} {MENU}"
    assert asked.startswith(opening)
    assert again.endswith("5.")
    assert last == thanks
    (response,) = await line.responses()
    assert (response.score, response.language, response.state) == (4, language, "finished")


async def test_silence_and_a_wrong_key_ask_for_the_language_again_and_nobody_is_scored(
    line: Line,
) -> None:
    await line.call(call_step(questionnaire=CHOICE), keys=("", "5", ""))

    assert line.heard()[1:] == [
        f"Sorry, we did not hear a key. {MENU}",
        f"Sorry, that is no answer. {MENU}",
        "We could not read your answer. Thank you for your time. Goodbye.",
    ]
    assert await line.responses() == []


async def test_who_says_no_before_choosing_is_believed(line: Line) -> None:
    await line.call(call_step(questionnaire=CHOICE), keys=("9",))

    assert line.heard()[-1] == "You will get no more calls from Acme. Goodbye."
    (contact,) = await line.fetch("select suppressed from ivr_gateway.contacts")
    assert contact["suppressed"]


def test_who_is_written_to_chooses_nothing() -> None:
    def others(channel: Channel) -> tuple[Questionnaire, ...]:
        return on_channel(CHOICE, channel).others

    assert (others(Channel.SMS), others(Channel.WHATSAPP)) == ((), ())
    assert others(Channel.IVR) == (SPANISH,)
