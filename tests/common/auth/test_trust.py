from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import jwt
import pytest
from starlette.requests import Request

from common.auth.development import KEY_ID, DevelopmentIssuer
from common.auth.login.identity import Assurance, Identity, SubjectKind
from common.auth.login.issuing import LoginIssuer
from common.auth.roles import ActorKind, Role
from common.auth.token import IssuerOverstepped, TokenInvalid
from common.auth.trust import trust_of
from common.clock import utc_now
from common.errors import Unauthenticated

PROVIDER = "https://id.example"
GATEWAY = "https://linli.example/login"
REQUEST = Request({"type": "http", "headers": []})


@dataclass
class Said:
    environment: str = "production"
    development_issuer: bool = False
    token_issuer: str | None = "https://id.example"
    token_jwks: str | None = "https://id.example/jwks"
    login_issuer: str | None = None
    login_jwks: str | None = None
    token_audience: str = "linli"
    base_url: str = "https://linli.example/registry"
    trusted_proxies: tuple[str, ...] = ()


@pytest.mark.parametrize(
    "said",
    [
        Said(token_jwks="http://id.example/jwks"),
        Said(token_jwks=None),
        Said(token_issuer=None),
        Said(token_issuer=""),
        Said(login_issuer=GATEWAY),
        Said(login_jwks=f"{GATEWAY}/jwks.json"),
        Said(login_issuer=GATEWAY, login_jwks="http://login:8000/jwks.json"),
    ],
)
def test_half_an_issuer_or_keys_over_plain_http_are_no_start(said, keys):
    with pytest.raises(ValueError, match="_JWKS"):
        trust_of(said, keys, None)


async def test_without_an_issuer_no_token_is_believed(keys, now):
    trust = trust_of(Said(token_issuer=None, token_jwks=None), keys, None)

    with pytest.raises(Unauthenticated):
        await trust.of_token("a.b.c", REQUEST, now=now)


def test_an_issuer_over_https_is_believed(keys):
    assert trust_of(Said(), keys, None).tokens is not None


def test_the_gateway_may_not_go_by_the_name_of_the_provider(keys):
    with pytest.raises(ValueError, match="are one"):
        trust_of(Said(login_issuer=PROVIDER, login_jwks=f"{GATEWAY}/jwks.json"), keys, None)


class Site:
    """A service that is told of an OpenID provider and of the gateway of sign-ins."""

    def __init__(self, keys, tmp_path) -> None:
        self.provider = DevelopmentIssuer.at(tmp_path)
        self.gateway = LoginIssuer(GATEWAY, "linli", keys)
        files = {"provider": self.provider.jwks(), "gateway": self.gateway.jwks()}
        for name, document in files.items():
            (tmp_path / name).write_bytes(document)
        told = Said(
            token_jwks=str(tmp_path / "provider"),
            login_issuer=GATEWAY,
            login_jwks=str(tmp_path / "gateway"),
        )
        self.trust, self.keys, self.now = trust_of(told, keys, None), keys, utc_now()

    async def caller(self, token):
        return await self.trust.of_token(token, REQUEST, now=self.now)

    def by_the_provider(self, **claims):
        return self._signed(PROVIDER, self.provider.key, "ES256", KEY_ID, claims)

    def by_the_gateway(self, **claims):
        key_id, key = self.keys.signer()
        return self._signed(GATEWAY, key, "EdDSA", key_id, claims)

    def _signed(self, issuer, key, algorithm, key_id, claims):
        until = int((self.now + timedelta(minutes=5)).timestamp())
        said = {"iss": issuer, "aud": "linli", "sub": "li", "exp": until, **claims}
        return jwt.encode(said, key, algorithm, {"kid": key_id})


@pytest.fixture
def site(keys, tmp_path):
    return Site(keys, tmp_path)


async def test_staff_services_and_those_whom_the_gateway_signs_in_are_known_side_by_side(site):
    person = Identity("city", "17", SubjectKind.NATURAL, Assurance.L2)
    company = Identity("city", "18", SubjectKind.LEGAL, Assurance.L2)
    org = uuid4()

    callers = [
        await site.caller(site.by_the_provider(kind="staff", roles=["clerk"], area="310101002")),
        await site.caller(site.by_the_provider(kind="service", roles=["service"], area="31")),
        await site.caller(site.gateway.token(person, None, now=site.now)),
        await site.caller(site.gateway.token(company, org, now=site.now)),
        await site.caller(site.gateway.token(company, None, now=site.now)),
    ]

    assert [(each.issuer, each.kind, each.roles) for each in callers] == [
        (PROVIDER, ActorKind.STAFF, {Role.CLERK}),
        (PROVIDER, ActorKind.SERVICE, {Role.SERVICE}),
        (GATEWAY, ActorKind.RESIDENT, {Role.RESIDENT}),
        (GATEWAY, ActorKind.RESIDENT, {Role.PROVIDER}),
        (GATEWAY, ActorKind.RESIDENT, set()),
    ]
    assert callers[3].org == org


@pytest.mark.parametrize(
    ("kind", "roles"),
    [
        ("staff", ["clerk"]),
        ("staff", ["auditor"]),
        ("staff", []),
        ("service", ["service"]),
        ("app", ["portal_app"]),
        ("resident", ["resident", "deputy"]),
    ],
)
async def test_the_gateway_has_no_word_in_who_is_staff_a_service_or_an_app(site, kind, roles):
    with pytest.raises(IssuerOverstepped, match=GATEWAY):
        await site.caller(site.by_the_gateway(kind=kind, roles=roles))


async def test_an_issuer_does_not_sign_with_the_keys_of_the_other(site):
    claims = {"kind": "staff", "roles": ["clerk"], "iss": PROVIDER}

    with pytest.raises(TokenInvalid):
        await site.caller(site.by_the_gateway(**claims))
