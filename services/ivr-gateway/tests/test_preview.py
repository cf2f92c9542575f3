"""What a person would hear, and what each key means."""

from msgspec import structs

from channel.operation.preview import texts, told
from common.dialogue import on_channel
from common.events.questionnaire import Voice
from common.events.values import Channel
from ivr_gateway.domain.hearing import suited
from ivr_gateway.renderer import VoiceRenderer
from sms_sender.testing import BRANCHING, step


def test_every_prompt_is_shown_with_its_keys() -> None:
    voice = Voice(voice="Polly.Amy", locale="en-GB", recordings={"score": "https://a.example/1"})
    survey = structs.replace(BRANCHING, voice=voice)
    asked = suited(step(questionnaire=on_channel(survey, Channel.IVR), channel=Channel.IVR))

    shown = [told(one, Channel.IVR, {}) for one in texts(asked, VoiceRenderer())]

    by = {(one.when, one.question): one for one in shown}
    ask = by["ask", "score"]
    assert ask.keys == {"1": "1", "2": "2", "3": "3", "4": "4", "5": "5", "9": "stop"}
    assert (ask.recordings, ask.voice, ask.locale) == (
        ("https://a.example/1",),
        "Polly.Amy",
        "en-GB",
    )
    product = by["question", "product"]
    assert product.keys == {"1": "phone", "2": "net", "3": "tv", "9": "stop"}
    assert "For Internet, press 2." in product.text
    assert by["silent", "score"].text.startswith("Sorry, we did not hear a key.")
    assert ("question", "why") not in by
    assert {one.segments for one in shown} == {None}
    assert [one.when for one in shown][-2:] == ["closed", "stopped"]
