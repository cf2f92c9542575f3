"""Links in what is said at the end: known ones, and reviews that everybody is told of alike."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from common.config import Number, Survey, WorkspaceConfig
from common.config.freezing import texts_of
from common.config.links import PREFIX, Link, LinkKind, variable
from common.errors import FieldError
from common.events.questionnaire import Band
from common.render import variables_of
from orchestrator.domain.configuring.changes import Change, Key
from orchestrator.domain.configuring.places import Places

CLOSING = frozenset({"thanks", "thanks_on", "thank_you"})  # texts that may name links
BANDS = (Band.LOW, Band.MIDDLE, Band.HIGH)
EVERY = ""  # channel: those that have no words of their own
Told = Mapping[str, Mapping[str, frozenset[str]]]  # variables of reviews, by channel and band
GATED = (
    "the link {links} leads to public reviews and is told to {told} only: tell all bands alike, or"
    " set `gated_reviews` of the survey, which Google and others forbid"
)
MOST_LOOKED = 50_000  # pairs of a number with closing words of its own and a survey
TOO_MANY = "too many have closing words of their own; give them `links` and the surveys the words"
WARNED = (
    "only some people are asked for a public review, by their score; Google and others forbid that"
    " and may remove the reviews. Without `gated_reviews` everybody is told alike"
)


def variables(*links: Mapping[str, Link]) -> frozenset[str]:
    return frozenset(variable(link) for some in links for link in some)


def known_to(config: WorkspaceConfig, number: Number | None) -> frozenset[str]:
    """The variables that words may hold. A survey may name what only some numbers have: where there
    is no such link it leaves no gap."""
    if number is not None:
        return variables(config.links_of(number.number))
    return variables(config.workspace.links, *(n.links for n in config.numbers.values()))


def still_named(config: WorkspaceConfig, places: Places) -> Iterator[FieldError]:
    """Links of the workspace that are to go, though words that stay name them."""
    if ("workspace", config.workspace.id) not in places.changed:
        return
    surveys = [("survey", s.id, s.texts, None) for s in config.surveys.values()]
    numbers = [("number", n.number, n.texts, n) for n in config.numbers.values() if n.texts]
    for kind, identity, texts, number in (*surveys, *numbers):
        if (kind, identity) not in places.changed:
            for name in sorted(_named_links(texts) - known_to(config, number)):
                message = f"{{{name}}} is in the words of the {kind} {identity}"
                yield places.error("workspace", config.workspace.id, "links", message)


def uneven_reviews(config: WorkspaceConfig, places: Places) -> Iterator[FieldError]:
    """Where a review is offered by the score, of what changes."""
    everything = ("workspace", config.workspace.id) in places.changed
    reviews = _reviews(config.workspace.links)
    surveys = [survey for survey in config.surveys.values() if not survey.gated_reviews]
    for survey in surveys:
        if everything or ("survey", survey.id) in places.changed:
            for path, message in _uneven(_whole(survey, config), {}, reviews):
                yield places.error("survey", survey.id, path, message)
    looked = 0
    for number in config.numbers.values():
        if not any(CLOSING & own.keys() for own in number.texts.values()):
            continue
        mine = everything or ("number", number.number) in places.changed
        changed = [s for s in surveys if mine or ("survey", s.id) in places.changed]
        looked += len(changed)
        if looked > MOST_LOOKED:
            yield FieldError("numbers", TOO_MANY)
            return
        reviews_here = reviews | _reviews(number.links)
        yield from _of_number(number, changed, reviews_here, config, places)


def _of_number(
    number: Number,
    surveys: Sequence[Survey],
    reviews: frozenset[str],
    config: WorkspaceConfig,
    places: Places,
) -> Iterator[FieldError]:
    """The first survey with which it is uneven says enough."""
    for survey in surveys:
        texts = _whole(survey, config)
        if not any(_uneven(texts, {}, reviews)):
            for path, message in _uneven(texts, number.texts, reviews):
                message = f"{message} (with the words of the survey {survey.id})"
                yield places.error("number", number.number, path, message)
                return


def _whole(survey: Survey, config: WorkspaceConfig) -> Mapping[str, Mapping[str, Any]]:
    """With what the workspace says where the survey says nothing."""
    if not config.workspace.texts:
        return survey.texts
    languages = dict.fromkeys([*survey.questions[0].text, *survey.texts])
    return {one: texts_of(survey, config.workspace, one) for one in languages}


def gated(changed: Sequence[Change], places: Mapping[Key, str]) -> Iterator[FieldError]:
    """A warning for every survey that is written so."""
    for change in changed:
        if change.kind == "survey" and change.body and change.body.get("gated_reviews"):
            place = places.get(("survey", change.id), f"surveys.{change.id}")
            yield FieldError(f"{place}.gated_reviews", WARNED)


def _reviews(links: Mapping[str, Link]) -> frozenset[str]:
    return frozenset(variable(i) for i, link in links.items() if link.kind is LinkKind.REVIEW)


def _uneven(
    texts: Mapping[str, Mapping[str, Any]],
    own: Mapping[str, Mapping[str, Any]],
    reviews: frozenset[str],
) -> Iterator[tuple[str, str]]:
    """Path and message, by language; `own`: a number's, over the survey's."""
    for language in own or texts:
        under = _told(texts.get(language, {}), reviews)
        told = _over(under, _told(own.get(language, {}), reviews))
        for channel, of_channel in told.items():
            by_band = _each({**told[EVERY], **of_channel})
            if len(set(by_band.values())) > 1:
                some = frozenset().union(*by_band.values())
                where = [band.value for band in BANDS if by_band[band] == some]
                links = ", ".join(f"{{{name}}}" for name in sorted(some))
                path = f"texts.{language}.thanks_on.{channel}" if channel else _path(language)
                yield path, GATED.format(links=links, told=" and ".join(where) or "some")


def _path(language: str) -> str:
    return f"texts.{language}.thanks"


def _each(told: Mapping[str, frozenset[str]]) -> dict[Band, frozenset[str]]:
    """What every band is told; one without words of its own gets those for all."""
    rest = told.get(EVERY, frozenset())
    return {band: told.get(band.value, rest) for band in BANDS}


def _told(texts: Mapping[str, Any], reviews: frozenset[str]) -> Told:
    told = {EVERY: {band: _named(t, reviews) for band, t in texts.get("thanks", {}).items()}}
    if "thank_you" in texts:
        told[EVERY][EVERY] = _named(texts["thank_you"], reviews)
    for channel, of_channel in texts.get("thanks_on", {}).items():
        told[channel] = {band: _named(text, reviews) for band, text in of_channel.items()}
    return told


def _over(under: Told, own: Told) -> dict[str, dict[str, frozenset[str]]]:
    return {
        channel: {**under.get(channel, {}), **own.get(channel, {})}
        for channel in under.keys() | own.keys()
    }


def _named_links(texts: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    said = (text for own in texts.values() for name in CLOSING & own.keys() for text in [own[name]])
    return frozenset(
        name for text in said for name in variables_of(str(text)) if name.startswith(PREFIX)
    )


def _named(text: str, reviews: frozenset[str]) -> frozenset[str]:
    return variables_of(text) & reviews
