"""A prompt as TwiML: what is said, which keys are waited for, where they are told."""

from typing import Any

from twilio.twiml.voice_response import VoiceResponse

from channel.content import Prompt, Utterance

ONE_KEY = 6  # seconds of silence
# Seconds: also how long one digit waits to become two, for whoever does not end it by `#`.
TWO_KEYS = 4


def document(prompt: Prompt, *, action: str) -> bytes:
    """`action`: where the keys pressed are told. Without keys it ends there."""
    response = VoiceResponse()
    if not prompt.keys:
        _utter(response, prompt)
        response.hangup()
        return _encoded(response)
    digits = max(len(key) for key in prompt.keys)
    gather = response.gather(
        input="dtmf",
        num_digits=digits,
        timeout=ONE_KEY if digits == 1 else TWO_KEYS,
        finish_on_key="#" if digits > 1 else "",
        action=action,
        method="POST",
        action_on_empty_result=True,
    )
    _utter(gather, prompt)
    return _encoded(response)


def again(url: str, *, seconds: int) -> bytes:
    """Asks there once more after a pause."""
    response = VoiceResponse()
    response.pause(length=seconds)
    response.redirect(url, method="POST")
    return _encoded(response)


def hang_up() -> bytes:
    response = VoiceResponse()
    response.hangup()
    return _encoded(response)


def _utter(parent: Any, prompt: Prompt) -> None:
    for part in prompt.parts or (Utterance(text=prompt.text, audio=prompt.audio),):
        if part.audio is not None:
            parent.play(part.audio)
        else:
            parent.say(part.text, language=prompt.language, voice=prompt.voice)


def _encoded(response: VoiceResponse) -> bytes:
    text: str = response.to_xml()
    return text.encode()
