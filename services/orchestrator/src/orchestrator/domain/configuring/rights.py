"""What a workspace may write by itself, and what is the operator's."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from common.config import Account, Source, Survey, WorkspaceConfig
from common.config.destinations import refused
from common.errors import FieldError
from common.secrets import OPERATORS
from orchestrator.domain.configuring.changes import Documents
from orchestrator.domain.configuring.places import Places
from orchestrator.domain.configuring.weights import numbers_in, size_of, tests_of_a_call

_REFERENCE = (
    "env: and file: are for an operator's key; write the secret with `PUT /v1/secrets/NAME`"
    " or `aftercall secrets set`, and name it secret:NAME"
)
_OWN = "secret:"
_ADDRESS = "where requests go is for an operator's key to say"
_MOVED = "an operator's reference stays with its provider; name a secret:NAME of your own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceilings:
    """What no workspace passes. Of asks and countries also what is stored already."""

    daily_asks: int = 10**9
    stranger_replies: int = 10**9  # an hour
    prefix_asks: int = 10**9  # an hour, of numbers that begin alike
    countries: frozenset[str] = frozenset()  # empty: all
    per_second: float = 1_000.0  # of a sender number
    documents: int = 10_000
    configuration: int = 8 * 1024 * 1024  # bytes of all of them
    tests: int = 1_000  # that one call may have to pass
    numbers: int = 10_000  # of telephones, in its documents
    recording_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who writes, over what. `hosts`: that the operator allows beside the providers' own.

    `others`: ids of the other workspaces.
    """

    is_operator: bool
    before: Documents = field(default_factory=dict)
    hosts: Collection[str] | None = ()
    others: Collection[str] = ()
    ceilings: Ceilings = Ceilings()


def beyond(config: WorkspaceConfig, places: Places, writer: Writer) -> Iterator[FieldError]:
    """What the writer may not do, of the documents that change."""
    for kind, identity in places.changed:
        before = writer.before.get((kind, identity))
        found: Iterator[tuple[str, str]] = iter(())
        if kind == "account" and identity in config.accounts:
            found = _account(config.accounts[identity], before or {}, writer)
        elif kind == "source" and identity in config.sources:
            found = _source(config.sources[identity], before, config, writer)
        elif kind == "survey" and identity in config.surveys and not writer.is_operator:
            found = _recordings(config.surveys[identity], before or {}, writer.ceilings)
        elif kind == "workspace" and not writer.is_operator:
            found = _workspace(config, writer.ceilings)
        for path, message in found:
            yield places.error(kind, identity, path, message)


def own_secrets(value: Any) -> set[str]:
    """Names of the workspace's secrets that a document refers to."""
    if isinstance(value, dict):
        return set[str]().union(*map(own_secrets, value.values()))
    if isinstance(value, list | tuple):
        return set[str]().union(*map(own_secrets, value))
    return (
        {value.removeprefix(_OWN)} if isinstance(value, str) and value.startswith(_OWN) else set()
    )


def too_many(
    documents: Documents,
    config: WorkspaceConfig,
    writer: Writer,
    before: Callable[[], WorkspaceConfig | None],
) -> Iterator[FieldError]:
    """`documents` of the workspace and what they mean, as there would be; `before` reads those that
    there are. Every service holds them in memory and reads them while others wait, and every call
    goes through flows; what is beyond already may become less."""
    if writer.is_operator:
        return
    most = writer.ceilings
    weights: Sequence[tuple[str, int, int, Callable[[], int]]] = (
        ("documents", most.documents, len(documents), lambda: len(writer.before)),
        (
            "bytes of documents",
            most.configuration,
            size_of(documents),
            lambda: size_of(writer.before),
        ),
        (
            "telephone numbers in its documents",
            most.numbers,
            numbers_in(config),
            lambda: _weighed(numbers_in, before()),
        ),
        (
            "flows and conditions for one call",
            most.tests,
            tests_of_a_call(config),
            lambda: _weighed(tests_of_a_call, before()),
        ),
    )
    for what, ceiling, count, earlier in weights:
        if count > ceiling and count > earlier():
            message = f"a workspace has at most {ceiling} {what}, and these make {count}"
            yield FieldError("", message)


def _weighed(weigh: Callable[[WorkspaceConfig], int], config: WorkspaceConfig | None) -> int:
    return weigh(config) if config is not None else 0


def _account(
    account: Account, before: Mapping[str, Any], writer: Writer
) -> Iterator[tuple[str, str]]:
    if why := refused(account, writer.hosts):
        yield "base_url", why
    if writer.is_operator:
        return
    told = getattr(account, "base_url", None)
    if told not in (account.own_address, before.get("base_url")):
        yield "base_url", _ADDRESS
    theirs = before.get("channel", account.channel), before.get("provider", account.provider)
    for name, reference in account.secrets.items():
        if not reference.startswith(OPERATORS):
            continue
        if before.get(name) != reference:
            yield name, _REFERENCE
        elif theirs != (account.channel, account.provider):
            yield name, _MOVED
    for index, sender in enumerate(account.senders):
        if sender.per_second > writer.ceilings.per_second:
            message = f"at most {writer.ceilings.per_second:g} here"
            yield f"senders.{index}.per_second", message


def _source(
    source: Source, before: Mapping[str, Any] | None, config: WorkspaceConfig, writer: Writer
) -> Iterator[tuple[str, str]]:
    if writer.is_operator:
        return
    known = before or {}
    for name in ("secrets", "signing_secrets"):
        for index, reference in enumerate(getattr(source, name)):
            if reference.startswith(OPERATORS) and reference not in known.get(name, ()):
                yield f"{name}.{index}", _REFERENCE
    if before is None and not is_own(source.id, config.workspace.id, writer.others):
        own = config.workspace.id
        yield "id", f"must be {own} or begin with {own}-, for ids of sources are unique"


def _recordings(
    survey: Survey, before: Mapping[str, Any], ceilings: Ceilings
) -> Iterator[tuple[str, str]]:
    """What providers fetch and people hear in the operator's name; what is stored may stay."""
    stored = before.get("voice")
    for language, voice in survey.voice.items():
        known = stored.get(language) if isinstance(stored, dict) else None
        kept = known.get("recordings") if isinstance(known, dict) else None
        for name, url in voice.recordings.items():
            host = _host(url)
            same = isinstance(kept, dict) and kept.get(name) == url
            if not same and host not in ceilings.recording_hosts:
                why = f"{host or 'no host'} is not among AFTERCALL_ORCHESTRATOR_RECORDING_HOSTS"
                yield f"voice.{language}.recordings.{name}", why


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def is_own(source: str, workspace: str, others: Collection[str]) -> bool:
    """So that nobody takes the names of others, or learns which there are."""
    if source != workspace and not source.startswith(f"{workspace}-"):
        return False
    longer = (one for one in others if len(one) > len(workspace))
    return not any(source == one or source.startswith(f"{one}-") for one in longer)


def _workspace(config: WorkspaceConfig, ceilings: Ceilings) -> Iterator[tuple[str, str]]:
    if config.workspace.daily_ceiling > ceilings.daily_asks:
        yield "daily_ceiling", f"at most {ceilings.daily_asks} here"
    if config.workspace.prefix_ceiling > ceilings.prefix_asks:
        yield "prefix_ceiling", f"at most {ceilings.prefix_asks} here"
    if config.workspace.stranger_replies > ceilings.stranger_replies:
        yield "stranger_replies", f"at most {ceilings.stranger_replies} here"
    if ceilings.countries and (not_here := {*config.workspace.countries} - ceilings.countries):
        yield "countries", f"not asked in here: {', '.join(sorted(not_here))}"
