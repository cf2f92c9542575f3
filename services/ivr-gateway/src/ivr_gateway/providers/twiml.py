"""A prompt as TwiML: what is said, which keys are waited for, where they are told."""

from typing import Any

from twilio.twiml.voice_response import VoiceResponse

from channel.content import Prompt, Transfer, Utterance
from ivr_gateway.domain.locales import spoken_locale

ONE_KEY = 6  # seconds of silence
# Seconds: also how long one digit waits to become two, for whoever does not end it by `#`.
TWO_KEYS = 4


def document(prompt: Prompt, *, action: str) -> bytes:
    """`action`: where the keys pressed are told. Without anything to be answered it ends there."""
    response = VoiceResponse()
    locale = spoken_locale(prompt)
    if prompt.transfer is not None:
        _utter(response, prompt)
        _ring(response, prompt.transfer, action)
        return _encoded(response)
    if not prompt.keys and not locale:
        _utter(response, prompt)
        response.hangup()
        return _encoded(response)
    digits = max((len(key) for key in prompt.keys), default=1)
    heard: dict[str, Any] = {"input": "dtmf"}
    if locale:
        heard = {"input": "dtmf speech", "language": locale, "speech_timeout": "auto"}
        heard |= {"hints": ", ".join(prompt.hints)} if prompt.hints else {}
    gather = response.gather(
        **heard,
        num_digits=digits,
        timeout=ONE_KEY if digits == 1 else TWO_KEYS,
        finish_on_key="#" if digits > 1 else "",
        action=action,
        method="POST",
        action_on_empty_result=True,
    )
    _utter(gather, prompt)
    return _encoded(response)


def _ring(response: VoiceResponse, transfer: Transfer, action: str) -> None:
    dial = response.dial(
        caller_id=transfer.caller,
        timeout=transfer.ring,
        time_limit=transfer.longest,
        action=action,
        method="POST",
    )
    dial.number(transfer.number)


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
            parent.say(
                part.text,
                language=part.language or prompt.language,
                voice=part.voice if part.language else prompt.voice,
            )


def _encoded(response: VoiceResponse) -> bytes:
    text: str = response.to_xml()
    return text.encode()
