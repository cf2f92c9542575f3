"""The outside world: providers and their credentials, the time, the way back to us."""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import httpx

import ivr_gateway.providers
import sms_sender.providers
import whatsapp_sender.providers
from aftercall.doctor.findings import Finding, ok, problem, warning
from channel.providers import Access, Credentials, Providers
from common.config import Account, Config
from common.config.destinations import refused
from common.database import Database
from common.events.values import Channel
from common.secrets import Secrets
from common.time import utc_now

PROVIDERS: Mapping[Channel, Providers] = {
    Channel.SMS: sms_sender.providers.PROVIDERS,
    Channel.IVR: ivr_gateway.providers.PROVIDERS,
    Channel.WHATSAPP: whatsapp_sender.providers.PROVIDERS,
}
SOON = 14  # days
CALLBACKS: Mapping[Channel, tuple[str, str]] = {
    Channel.SMS: ("sms-sender", "/v1/sms/callbacks/{account}/inbound"),
    Channel.IVR: ("ivr-gateway", "/v1/ivr/callbacks/{account}/inbound"),
    Channel.WHATSAPP: ("whatsapp-sender", "/v1/whatsapp/callbacks/{account}"),
}
DRIFT = timedelta(seconds=2)  # a provider's Date is in whole seconds
WRONG = timedelta(seconds=60)  # signatures and expiries begin to fail
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
PROBLEM_BODY = "application/problem+json"
NOT_OURS = "Have the proxy pass this path on to {service}; see `paths` in deploy/table.py."


def referred(config: Config, secrets: Secrets) -> list[Finding]:
    """Whether the secrets that the configuration names can be read, here and now."""
    missing: list[Finding] = []
    count = 0
    for workspace, who, reference in _references(config):
        count += 1
        try:
            secrets.value(workspace, reference)
        except LookupError as error:
            todo = f"Set {reference} for the services, and for this command."
            if reference.startswith("secret:"):
                todo = f"`aftercall secrets set {reference[7:]} --workspace {workspace}`."
            missing.append(problem("secrets", f"{who}: {error}", todo))
    if not count:
        return [ok("secrets", "the configuration refers to none")]
    return missing or [ok("secrets", f"all {count} that the configuration refers to are set")]


def _references(config: Config) -> Iterator[tuple[str, str, str]]:
    for name, workspace in config.workspaces.items():
        for source in workspace.sources.values():
            for reference in (*source.secrets, *source.signing_secrets):
                yield name, f"source {source.id} of {name}", reference
        for account in workspace.accounts.values():
            for reference in account.secrets.values():
                yield name, f"account {account.id} of {name}", reference


async def providers(
    config: Config, secrets: Secrets, hosts: Collection[str] | None, http: httpx.AsyncClient
) -> list[Finding]:
    """Each account's credentials, by a request that changes nothing; the time by its answer.

    `hosts`: that the operator allows beside the providers' own.
    """
    accounts = [
        (name, account)
        for name, workspace in config.workspaces.items()
        for account in workspace.accounts.values()
        if account.channel in PROVIDERS
    ]
    if not accounts:
        todo = "Apply a configuration with an account; examples/ has one."
        return [warning("providers", "no account is configured", todo)]
    found = await asyncio.gather(*(_provider(*one, secrets, hosts, http) for one in accounts))
    return [finding for findings in found for finding in findings]


async def _provider(
    workspace: str,
    account: Account,
    secrets: Secrets,
    hosts: Collection[str] | None,
    http: httpx.AsyncClient,
) -> list[Finding]:
    who = f"account {account.id} of {workspace}"
    if why := refused(account, hosts):
        return [problem("providers", f"{who}: base_url {why}", "Correct it, or allow the host.")]
    try:
        known = secrets.values(workspace, account.secrets)
    except LookupError:
        return []  # told with the secrets
    access = Access(account=account, secrets=known, http=http)
    provider = PROVIDERS[account.channel].get(account.provider)
    if provider is None:
        return []
    answer = await provider.credentials(access)
    host = account.host
    found = [_credentials(who, host, answer)]
    if answer.expires_at is not None:
        found.append(_expiry(who, answer.expires_at))
    if answer.date is not None:
        found += drift(f"the clock of {host}", answer.date - utc_now(), DRIFT)
    return found


def _credentials(who: str, host: str, answer: Credentials) -> Finding:
    if answer.status is None:
        todo = f"Allow https from here to {host}; check DNS, proxy and firewall."
        return problem("providers", f"{who}: {host} cannot be reached ({answer.said})", todo)
    if answer.status < 300:
        return ok("providers", f"{who}: {host} accepts its credentials")
    if answer.status in (401, 403, 404):
        todo = "Compare its id and its secrets with the provider's console."
        return problem("providers", f"{who}: {host} refuses its credentials ({answer.said})", todo)
    text = f"{who}: {host} answers {answer.said}"
    return warning("providers", text, "Look at the provider's status page; try again later.")


def _expiry(who: str, at: datetime) -> Finding:
    days = (at - utc_now()).days
    if days >= SOON:
        return ok("providers", f"{who}: its token ends in {days} days")
    todo = "Make a new one, best of a system user: those need not end. Set it before that."
    return warning("providers", f"{who}: its token ends on {at:%Y-%m-%d}", todo)


async def clock(db: Database) -> list[Finding]:
    """This machine's time and the database's, which decides about caps and quiet hours."""
    async with db.connection() as connection:
        before = utc_now()
        there: datetime = await connection.fetchval("select clock_timestamp()")
        after = utc_now()
    return drift("the database's clock", there - (before + (after - before) / 2), DRIFT)


def drift(what: str, ahead: timedelta, allowed: timedelta) -> list[Finding]:
    """How far another clock is ahead of ours."""
    seconds = abs(ahead.total_seconds())
    if abs(ahead) <= allowed:
        return [ok("clock", f"within {allowed.total_seconds():g} s of {what}")]
    level = problem if abs(ahead) > WRONG else warning
    text = f"{seconds:.0f} s {'behind' if ahead > timedelta(0) else 'ahead of'} {what}"
    return [level("clock", text, "Let NTP set the clocks of both machines.")]


def address(public_url: str) -> list[Finding]:
    """Whether others can be told this address."""
    parts = urlsplit(public_url)
    todo = "Set AFTERCALL_PUBLIC_URL to the https address at which the world reaches us."
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return [problem("public address", "AFTERCALL_PUBLIC_URL is no http address", todo)]
    shown = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    if parts.hostname in LOOPBACK:
        return [warning("public address", f"{shown} is this machine's own", todo)]
    if parts.scheme == "http":
        return [warning("public address", f"{shown} is not encrypted", todo)]
    return [ok("public address", shown)]


async def ways_in(
    public_url: str, accounts: Mapping[Channel, Sequence[str]], http: httpx.AsyncClient
) -> list[Finding]:
    """Asks our public address what providers and vendors would ask it, but unsigned."""
    base = public_url.rstrip("/")
    found = [await _way_in(base, "/v1/events", "ingest", expected=401, http=http)]
    for channel, (service, path) in CALLBACKS.items():
        for account in accounts.get(channel, ()):
            way = path.format(account=account)
            found.append(await _way_in(base, way, service, expected=403, http=http))
    return found


async def _way_in(
    base: str, path: str, service: str, *, expected: int, http: httpx.AsyncClient
) -> Finding:
    try:
        answer = await http.post(base + path, content=b"")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        kind = type(error.__cause__ or error).__name__
        todo = "Start the platform; check DNS, certificate, proxy and firewall of this address."
        return problem("webhooks", f"nothing answers at {path} ({kind})", todo)
    ours = answer.headers.get("content-type", "").startswith(PROBLEM_BODY)
    if ours and answer.status_code == expected:
        return ok("webhooks", f"{path} reaches {service}, which asks who is there")
    if ours and answer.status_code == 503:
        todo = "See database and broker above."
        return problem("webhooks", f"{path} reaches {service}, which cannot work now", todo)
    text = f"{path} does not reach {service}: {answer.status_code}"
    return problem("webhooks", text, NOT_OURS.format(service=service))
