"""The gateway of sign-ins: `uvicorn common.login_gateway:app --factory`, settings `LOGIN_…`.

`/sign-in/{provider}?return_to=…` sends the browser to the provider, `/sign-in/{provider}/callback`
takes it back and hands it on to `return_to` with a token of ours in the fragment, which no server
log sees. `/jwks.json` holds the keys by which the services check it.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import structlog
from pydantic import Field, HttpUrl, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from common.auth.login.calls import is_safe
from common.auth.login.flow import LASTS, Pending, Provider
from common.auth.login.identity import (
    Assurance,
    Reading,
    SignInExpired,
    SubjectKind,
)
from common.auth.login.issuing import LoginIssuer
from common.auth.login.oidc import Addresses, OidcProvider
from common.auth.login.ticket import Exchange, TicketProvider
from common.clients.registry import RegistryClient
from common.clock import utc_now
from common.contracts.base import Input
from common.crypto.keys import Keys
from common.errors import FieldError, Invalid, NotFound, Text
from common.http import ServiceHttp
from common.problem_details import handlers

log = structlog.get_logger(__name__)

COOKIE: Final = "linli-sign-in"
OrganisationOf = Callable[[str], Awaitable[UUID | None]]
_PROVIDER: Final = Text("身份认证平台", "identity provider")


class ReturnNotAllowed(Invalid):
    """An address that no app of ours has: a token sent there would be given away."""

    slug = "return-not-allowed"
    title = Text("返回地址不在名单内", "Return address not allowed")
    detail = Text(
        "return_to 不在允许的返回地址之内。", "return_to is none of the allowed addresses."
    )


class ReadingSettings(Input):
    """Where a provider's answer says what; see `Reading`."""

    subject: str = "sub"
    kind: str = "subject_type"
    level: str = "acr"
    organisation: str = "uscc"
    home: str | None = Field(None, description="verified home, 12-digit code; unset: not read")
    kinds: dict[str, SubjectKind] = Field(default_factory=dict)
    levels: dict[str, Assurance] = Field(default_factory=dict)

    def reading(self) -> Reading:
        """The same as a value."""
        return Reading(**self.model_dump())


class OidcSettings(Input):
    """A provider that speaks OpenID Connect; addresses only where it has no discovery."""

    kind: Literal["oidc"]
    issuer: str
    client_id: str
    client_secret: SecretStr
    scope: str = "openid"
    addresses: dict[Literal["authorization", "token", "jwks"], str] | None = None
    reads: ReadingSettings = ReadingSettings()

    @property
    def called(self) -> Iterable[str]:
        """Every address that is named for a call, our secret or its holder's code with it."""
        return self.addresses.values() if self.addresses else (self.issuer,)

    def provider(self, name: str) -> Provider:
        """The adapter."""
        addresses = Addresses(**self.addresses) if self.addresses else None
        secret = self.client_secret.get_secret_value()
        reading = self.reads.reading()
        return OidcProvider(
            name, self.issuer, self.client_id, secret, reading, self.scope, addresses
        )


class ExchangeSettings(Input):
    """One server call of a ticket exchange."""

    url: str
    sends: dict[str, str]
    takes: str = "data"
    is_json: bool = True


class TicketSettings(Input):
    """A provider that hands out tickets."""

    kind: Literal["ticket"]
    login_url: str
    exchanges: list[ExchangeSettings] = Field(min_length=1)
    app_secret: SecretStr
    back_parameter: str = "backUrl"
    ticket_parameter: str = "ticket"
    code_path: str = "code"
    reads: ReadingSettings = ReadingSettings()

    @property
    def called(self) -> Iterable[str]:
        """As above."""
        return (self.login_url, *(each.url for each in self.exchanges))

    def provider(self, name: str) -> Provider:
        """The adapter."""
        return TicketProvider(
            name,
            self.login_url,
            tuple(Exchange(**each.model_dump()) for each in self.exchanges),
            self.app_secret.get_secret_value(),
            self.reads.reading(),
            self.back_parameter,
            self.ticket_parameter,
            self.code_path,
        )


ProviderSettings = Annotated[OidcSettings | TicketSettings, Field(discriminator="kind")]


class Settings(BaseSettings):
    """What the gateway is told from outside."""

    model_config = SettingsConfigDict(env_prefix="LOGIN_", frozen=True)

    environment: Literal["production", "development"] = "production"
    base_url: HttpUrl = Field(description="public address of the gateway; the tokens' issuer")
    key_ring: Path | None = Field(None, description="its own key ring, of no other service")
    audience: str = "linli"
    return_to: list[str] = Field(description="addresses that a browser may be sent back to")
    registry_url: HttpUrl | None = Field(None, description="finds legal persons' organisations")
    providers: dict[str, ProviderSettings] = Field(description="by name, as JSON")

    @model_validator(mode="after")
    def _no_secret_goes_over_plain_http(self) -> Self:
        here = self.environment == "development"
        for name, provider in self.providers.items():
            for address in provider.called:
                if not is_safe(address, may_be_here=here):
                    raise ValueError(f"provider {name}: {address} must be https")
        return self


@dataclass(frozen=True, slots=True)
class Gateway:
    """The gateway, put together."""

    providers: Mapping[str, Provider]
    issuer: LoginIssuer
    return_to: frozenset[str]
    organisation_of: OrganisationOf
    clock: Callable[[], datetime] = utc_now

    @property
    def base(self) -> str:
        """Our own public address."""
        return self.issuer.issuer.rstrip("/")

    async def leave(self, request: Request) -> Response:
        """Send the browser to the provider, and let it keep what binds the way back to it."""
        name, provider = self._provider(request)
        return_to = request.query_params.get("return_to", "")
        if return_to not in self.return_to:
            wrong = Text("不在名单内", "not allowed")
            raise ReturnNotAllowed(errors=[FieldError("/return_to", return_to[:200], wrong)])
        pending = Pending.begun(name, return_to, self.clock())
        away = await provider.leave(pending, self._callback(name))
        response = RedirectResponse(away, 303, headers=_UNKEPT)
        response.set_cookie(
            COOKIE,
            pending.sealed(self.issuer.keys),
            max_age=int(LASTS.total_seconds()),
            **self._cookie(name),
        )
        return response

    async def arrive(self, request: Request) -> Response:
        """Take the browser back, find out who it is, and hand it on with a token."""
        name, provider = self._provider(request)
        now = self.clock()
        cookie = request.cookies.get(COOKIE)
        if cookie is None:
            raise SignInExpired
        pending = Pending.opened(cookie, self.issuer.keys)
        said = dict(request.query_params)
        pending.must_fit(name, said.get("state", ""), now)
        identity = await provider.arrive(said, pending, self._callback(name), now=now)
        code = identity.organisation
        organisation_id = await self.organisation_of(code) if code else None
        token = self.issuer.token(identity, organisation_id, now=now)
        log.info("signed in", provider=name, kind=identity.kind, level=int(identity.assurance))
        told = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": int(self.issuer.lifetime.total_seconds()),
        }
        response = RedirectResponse(f"{pending.return_to}#{urlencode(told)}", 303, headers=_UNKEPT)
        response.delete_cookie(COOKIE, **self._cookie(name))
        return response

    async def keys(self, _: Request) -> Response:
        """The keys by which our tokens are checked."""
        return Response(self.issuer.jwks(), media_type="application/jwk-set+json")

    def _provider(self, request: Request) -> tuple[str, Provider]:
        name = str(request.path_params["provider"])
        if name not in self.providers:
            raise NotFound(what=_PROVIDER, key=name[:60])
        return name, self.providers[name]

    def _callback(self, name: str) -> str:
        return f"{self.base}/sign-in/{name}/callback"

    def _cookie(self, name: str) -> dict[str, Any]:
        """For this way back alone, unreadable to scripts; Lax, for the provider sends it here."""
        base = urlsplit(self.base)
        return {
            "path": f"{base.path}/sign-in/{name}",
            "secure": base.scheme == "https",
            "httponly": True,
            "samesite": "lax",
        }


_UNKEPT: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def build(gateway: Gateway) -> Starlette:
    """The ASGI app of a gateway."""
    return Starlette(
        routes=[
            Route("/sign-in/{provider}", gateway.leave),
            Route("/sign-in/{provider}/callback", gateway.arrive),
            Route("/jwks.json", gateway.keys),
        ],
        exception_handlers=handlers({}),
    )


def app() -> Starlette:
    """uvicorn common.login_gateway:app --factory"""
    settings = Settings()
    issuer = LoginIssuer(str(settings.base_url).rstrip("/"), settings.audience, Keys.load(settings))
    providers = {name: each.provider(name) for name, each in settings.providers.items()}
    return build(
        Gateway(providers, issuer, frozenset(settings.return_to), _organisations(settings))
    )


def _organisations(settings: Settings) -> OrganisationOf:
    """The registry's id of a credit code; without a registry no legal person has one."""

    async def found(code: str) -> UUID | None:
        if settings.registry_url is None:
            return None
        what = Text("资源库", "The registry")
        async with ServiceHttp(str(settings.registry_url), what=what) as http:
            return await RegistryClient(http).organisation_of(code)

    return found
