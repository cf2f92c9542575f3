"""What the endpoints work with."""

from dataclasses import dataclass

import httpx
from fastapi import FastAPI

from console.service.apis import Apis
from console.service.managing import Managing
from console.service.oidc import Provider
from console.service.second_factor import SecondFactor
from console.service.users import SignedIn, Users


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """`provider`: where people may sign in, too.

    `secure`: people come by https, so cookies go by nothing else.
    """

    users: Users
    people: Managing
    second_factor: SecondFactor
    provider: Provider | None
    http: httpx.AsyncClient
    service_url: str | None
    secure: bool

    def apis(self, who: SignedIn, app: FastAPI, *, workspace: str | None) -> Apis:
        """As this person. Without an address the services are asked in this process, `app`."""
        http = self.http
        if self.service_url is None:
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            http = httpx.AsyncClient(transport=transport, trust_env=False)
        return Apis(
            http=http,
            token=self.users.token(who),
            service_url=self.service_url,
            workspace=workspace if who.user.workspace is None else None,
        )
