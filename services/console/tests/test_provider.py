"""Sign-in at a company's own provider: a real one, over HTTP, with all that is checked."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest

from common.http import client
from common.time import utc_now
from console.domain.oidc import Claims
from console.domain.people import Role
from console.service.oidc import Provider
from console.service.parts import Parts
from console.settings import ConsoleSettings

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the provider's own
EMAIL = "sue@acme.example"
BACK = "/console/provider/back"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider that knows whoever it is told of."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import oidc_provider_mock

        with oidc_provider_mock.run_server_in_thread(require_nonce=True) as server:
            yield f"http://localhost:{server.server_port}"


@dataclass
class Company:
    """Its provider, as a browser of the site meets it; `sent`: what the console told it."""

    site: Any
    issuer: str
    sent: list[dict[str, str]] = field(default_factory=list)

    async def knows(self, subject: str = "s1", **claims: Any) -> None:
        told = {"email": EMAIL, "email_verified": True, **claims}
        async with httpx.AsyncClient() as http:
            (await http.put(f"{self.issuer}/users/{subject}", json=told)).raise_for_status()

    async def asked(self, next: str = "/console/account") -> str:
        """Where the console sends a browser."""
        answer = await self.site.http.get("/console/provider", params={"next": next})
        assert answer.status_code == 303, answer.text
        where: str = answer.headers["location"]
        return where

    async def allows(self, where: str, subject: str = "s1") -> str:
        """The provider asks who it is, and sends the browser back."""
        async with httpx.AsyncClient() as http:
            answer = await http.post(where, data={"sub": subject})
        assert answer.status_code in (302, 303), answer.text
        return str(answer.headers["location"])

    async def back(self, where: str, **changes: str) -> httpx.Response:
        query = {**dict(parse_qsl(urlsplit(where).query)), **changes}
        answer: httpx.Response = await self.site.http.get(BACK, params=query)
        return answer

    async def sign_in(self, subject: str = "s1") -> httpx.Response:
        return await self.back(await self.allows(await self.asked(), subject))


@pytest.fixture
async def company(site: Any, issuer: str) -> AsyncIterator[Company]:
    """Of acme; its groups are roles here."""
    site.time.now = utc_now()
    made = Company(site, issuer)

    async def note(request: httpx.Request) -> None:
        if request.method == "POST":
            made.sent.append(dict(parse_qsl(request.content.decode())))

    async with client() as http:
        http.event_hooks = {"request": [note]}
        provider = Provider(
            users=site.users,
            http=http,
            name="Acme",
            issuer=issuer,
            client_id="aftercall",
            client_secret="a secret",
            redirect=f"http://console{BACK}",
            domains=["acme.example"],
            how=Claims(
                workspace="acme",
                role_claim="groups",
                roles={"cc-admins": Role.ADMIN, "cc-leads": Role.SUPERVISOR},
                teams_claim="teams",
                agent_claim="agent",
                believes_emails=False,
            ),
        )
        parts = site.app.state.parts
        parts[Parts] = replace(parts[Parts], provider=provider)
        yield made


async def test_who_was_invited_comes_in_with_the_invited_role(company: Company) -> None:
    await company.site.user(EMAIL, role=Role.ANALYST)
    await company.knows()
    assert "Sign in by Acme" in (await company.site.http.get("/console/sign-in")).text

    answer = await company.sign_in()

    assert (answer.status_code, answer.headers["location"]) == (303, "/console/account")
    page = (await company.site.page("/console/account")).text
    assert f"{EMAIL}, analyst" in page
    assert "signed in at the provider" in page


async def test_the_code_is_worth_something_to_who_began_alone(company: Company) -> None:
    """PKCE: what was asked with is the hash of what the code is exchanged with."""
    await company.site.user(EMAIL)
    await company.knows()
    asked = {name: one for name, (one,) in parse_qs(urlsplit(await company.asked()).query).items()}
    where = f"{company.issuer}/oauth2/authorize?{urlencode(asked)}"
    assert (await company.back(await company.allows(where))).status_code == 303

    (sent,) = company.sent
    hashed = hashlib.sha256(sent["code_verifier"].encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(hashed).decode().rstrip("=")
    assert asked["code_challenge_method"] == "S256"
    assert sent["code_verifier"] not in str(asked)


async def test_who_was_not_invited_does_not_come_in(company: Company) -> None:
    await company.knows()
    answer = await company.sign_in()
    assert answer.status_code == 403
    assert "Nobody invited you here" in answer.text
    assert [one.email for one in await company.site.people.all()] == []


async def test_who_is_of_the_domain_and_has_a_role_by_a_claim_comes_in(company: Company) -> None:
    await company.knows("s2", email="lee@ACME.example", groups=["x", "cc-leads"], teams=["north"])
    assert (await company.sign_in("s2")).status_code == 303
    (lee,) = await company.site.people.all()
    assert (lee.workspace, lee.role, lee.rights.teams) == ("acme", Role.SUPERVISOR, ("north",))

    await company.knows("s2", email="lee@acme.example", groups="cc-leads", teams=["south"])
    assert (await company.sign_in("s2")).status_code == 303
    (lee,) = await company.site.people.all()
    assert lee.rights.teams == ("south",)  # as the provider says today
    await company.site.sign_in()
    assert "by Acme" in (await company.site.page("/console/users")).text


@pytest.mark.parametrize(
    ("claims", "problem"),
    [
        ({"email": "eve@elsewhere.example", "groups": ["cc-admins"]}, "Nobody invited you"),
        ({"email": "new@acme.example", "groups": ["others"]}, "Nobody invited you"),
        ({"email": "new@acme.example", "groups": ["cc-leads"]}, "at least one team"),
        ({"email_verified": False}, "does not say that your e-mail address is yours"),
        ({"email": "nobody"}, "does not tell your e-mail"),
    ],
    ids=str,
)
async def test_others_do_not_come_in(
    company: Company, claims: dict[str, Any], problem: str
) -> None:
    await company.site.user(EMAIL)
    await company.knows("s3", **claims)
    answer = await company.sign_in("s3")
    assert answer.status_code == 403
    assert problem in answer.text
    assert (await company.site.http.get("/console/account")).status_code == 303


async def test_an_address_that_was_given_to_somebody_else_lets_nobody_in(company: Company) -> None:
    await company.site.user(EMAIL)
    await company.knows("first")
    await company.knows("second")
    assert (await company.sign_in("first")).status_code == 303
    answer = await company.sign_in("second")
    assert answer.status_code == 403
    assert "of somebody else" in answer.text


async def test_who_is_disabled_does_not_come_in(company: Company) -> None:
    from console.service.managing import OPERATOR

    await company.site.user(EMAIL)
    await company.site.people.disable(await company.site.people.known(EMAIL), by=OPERATOR)
    await company.knows()
    assert (await company.sign_in()).status_code == 403


def _other_state(where: str) -> dict[str, str]:
    return {"state": "another"}


def _other_issuer(where: str) -> dict[str, str]:
    return {"iss": "https://elsewhere.example"}


def _other_code(where: str) -> dict[str, str]:
    return {"code": "guessed"}


@pytest.mark.parametrize("changed", [_other_state, _other_issuer, _other_code])
async def test_an_answer_that_was_changed_is_refused(
    company: Company, changed: Callable[[str], dict[str, str]]
) -> None:
    await company.site.user(EMAIL)
    await company.knows()
    where = await company.allows(await company.asked())
    assert (await company.back(where, **changed(where))).status_code == 403


async def test_an_answer_to_another_browser_is_refused(company: Company) -> None:
    """Nobody is made to sign in as somebody else, nor comes in with a code that was caught."""
    await company.site.user(EMAIL)
    await company.knows()
    where = await company.allows(await company.asked())
    async with company.site.from_("192.0.2.9") as eve:
        answer = await eve.get(BACK, params=dict(parse_qsl(urlsplit(where).query)))
        assert answer.status_code == 403


async def test_a_token_of_another_try_is_refused(company: Company) -> None:
    """Its nonce is not ours."""
    await company.site.user(EMAIL)
    await company.knows()
    where = (await company.asked()).replace("nonce=", "nonce=x")
    assert (await company.back(await company.allows(where))).status_code == 403


@pytest.mark.parametrize("wrong", [{"client_id": "another"}, {"issuer": "https://x.example"}])
async def test_a_token_for_or_by_somebody_else_is_refused(
    company: Company, wrong: dict[str, str]
) -> None:
    await company.site.user(EMAIL)
    await company.knows()
    where = await company.allows(await company.asked())
    parts = company.site.app.state.parts
    provider = parts[Parts].provider
    known = dict(provider._known)
    for name, value in wrong.items():
        setattr(provider, name, value)
    provider._known = known
    answer = await company.back(where, **({"iss": wrong["issuer"]} if "issuer" in wrong else {}))
    assert answer.status_code == 403


async def test_a_try_ends_after_minutes(company: Company) -> None:
    await company.site.user(EMAIL)
    await company.knows()
    where = await company.allows(await company.asked())
    company.site.time.passes(minutes=11)
    answer = await company.back(where)
    assert answer.status_code == 403
    assert "Begin again" in answer.text


async def test_a_provider_that_is_away_is_told_in_words(company: Company) -> None:
    provider = company.site.app.state.parts[Parts].provider
    provider.issuer = "http://127.0.0.1:9"
    answer = await asyncio.wait_for(company.site.http.get("/console/provider"), 30)
    assert answer.status_code == 403
    assert "does not answer as it should" in answer.text


async def test_without_a_provider_there_is_no_such_way_in(site: Any) -> None:
    assert (await site.http.get("/console/provider")).status_code == 404
    assert (await site.http.get(BACK)).status_code == 404
    assert "Sign in by" not in (await site.http.get("/console/sign-in")).text


def test_roles_are_told_in_one_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCALL_CONSOLE_OIDC_ROLES", "cc=admins=admin, cc-leads = supervisor")
    roles = ConsoleSettings().oidc_roles
    assert list(roles.items()) == [("cc=admins", Role.ADMIN), ("cc-leads", Role.SUPERVISOR)]
    monkeypatch.setenv("AFTERCALL_CONSOLE_OIDC_ROLES", "cc-admins=owner")
    with pytest.raises(ValueError, match="owner"):
        ConsoleSettings()
