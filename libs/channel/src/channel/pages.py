"""Pages for whoever has a link of ours: plain HTML that loads nothing, in their language. Pure."""

import base64
import hashlib
import tomllib
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files

from common.events.values import Channel

RIGHT_TO_LEFT = frozenset({"ar", "he"})
CHANNELS: Mapping[Channel, str] = {Channel.SMS: "SMS", Channel.WHATSAPP: "WhatsApp"}
STYLE = """
:root { color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif; }
body { background: Canvas; color: CanvasText; margin: 0; }
main { margin: 0 auto; max-width: 32rem; padding: 10vh 1.5rem 2rem; overflow-wrap: anywhere; }
h1 { font-size: 1.375rem; line-height: 1.3; margin: 0 0 1.5rem; }
button { background: #1d4ed8; border: 2px solid #1d4ed8; border-radius: .5rem; color: #fff;
  cursor: pointer; font: inherit; font-weight: 600; min-height: 3rem; padding: .6rem 1.4rem; }
button:focus-visible { outline: 3px solid currentColor; outline-offset: 3px; }
"""
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# What browsers may do with them: their own style, and the one form.
HEADERS: Mapping[str, str] = {
    "cache-control": "no-store",
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
}
_PAGE = """<!doctype html>
<html lang="{language}" dir="{direction}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow"><title>{title}</title><style>{style}</style></head>
<body><main><h1>{heading}</h1>
{rest}</main></body></html>
"""


def plain(words: str, more: str = "") -> str:
    """In English, for whoever has a link of which we know no language."""
    return _page("en", escape(words), escape(words), _paragraph(escape(more)))


def asking(brand: str, language: str, only: Channel | None) -> str:
    """Who asks, and one button. `only`: the channel that a no ends; None: all of them."""
    spoken, said = _said(brand, language, only)
    button = f'<form method="post"><button>{said["button"]}</button></form>\n'
    return _page(spoken, said["title"], said["ask"], _paragraph(said["quiet"]) + button)


def done(brand: str, language: str, only: Channel | None) -> str:
    spoken, said = _said(brand, language, only)
    return _page(spoken, said["title"], said["done"], _paragraph(said["back"]))


def failed(accepted: str) -> str:
    """Nothing is known while the database is away. `accepted`: the header Accept-Language."""
    first = accepted.partition(",")[0].partition(";")[0].strip()
    spoken, said = _said("", first, None)
    return _page(spoken, said["failed"], said["failed"], "")


@cache
def phrases() -> Mapping[str, Mapping[str, str]]:
    """By language."""
    return tomllib.loads(files("channel").joinpath("phrases.toml").read_text("utf-8"))


def _said(brand: str, language: str, only: Channel | None) -> tuple[str, Mapping[str, str]]:
    """The language that is spoken, and each phrase as HTML."""
    name = language.partition("-")[0].lower()
    spoken = name if name in phrases() else "en"
    own = {key: escape(text) for key, text in phrases()[spoken].items()}
    by = own["by"].replace("{channel}", CHANNELS[only]) if only and only in CHANNELS else ""
    isolated = f"<bdi>{escape(brand)}</bdi>"
    said = {key: text.replace("{by}", by).replace("{brand}", isolated) for key, text in own.items()}
    return spoken, said | {"title": own["title"].replace("{brand}", escape(brand))}


def _paragraph(text: str) -> str:
    return f"<p>{text}</p>\n" if text else ""


def _page(language: str, title: str, heading: str, rest: str) -> str:
    return _PAGE.format(
        language=language,
        direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
        title=title,
        style=STYLE,
        heading=heading,
        rest=rest,
    )
