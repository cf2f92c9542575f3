"""Languages with a country, as recognition and synthesis want them; pure."""

from collections.abc import Mapping

from channel.content import Prompt

# Of languages without a country. A locale that a provider does not know may cost the whole
# document, so what is not here is left to the voice, and is not listened to.
LOCALES: Mapping[str, str] = {
    "da": "da-DK",
    "de": "de-DE",
    "en": "en-US",
    "es": "es-ES",
    "fr": "fr-FR",
    "it": "it-IT",
    "nl": "nl-NL",
    "pl": "pl-PL",
    "pt": "pt-BR",
    "ru": "ru-RU",
    "sv": "sv-SE",
}


def locale_of(language: str) -> str | None:
    """None: not known for sure."""
    return language if "-" in language else LOCALES.get(language)


def spoken_locale(prompt: Prompt) -> str | None:
    """In which answers are listened to; None: by keys alone."""
    return locale_of(prompt.language) if prompt.speech else None
