import stat
from dataclasses import dataclass

import pytest

from common.auth.development import (
    ISSUER,
    DevelopmentIssuer,
    DevelopmentIssuerRefusedError,
    demo_area,
    kind_of,
    refuse_in_production,
)
from common.auth.jwks import source
from common.auth.roles import Role, compatible
from common.auth.token import Issuer, TokenVerifier
from common.clock import utc_now


@dataclass
class Said:
    environment: str = "development"
    development_issuer: bool = True
    token_issuer: str | None = ISSUER
    login_issuer: str | None = None


def test_production_refuses_the_development_issuer():
    for said in (Said("production"), Said("production", False), Said("production", True, None)):
        with pytest.raises(DevelopmentIssuerRefusedError):
            refuse_in_production(said)


def test_nor_does_it_pass_as_the_gateway_of_sign_ins():
    for said in (Said("production", False, None, ISSUER), Said("development", False, None, ISSUER)):
        with pytest.raises(DevelopmentIssuerRefusedError):
            refuse_in_production(said)


def test_the_development_issuer_needs_opt_in_everywhere():
    with pytest.raises(DevelopmentIssuerRefusedError):
        refuse_in_production(Said(development_issuer=False))


def test_other_issuers_and_the_opted_in_one_pass():
    refuse_in_production(Said("production", False, "https://id.example"))
    refuse_in_production(Said())


@pytest.mark.parametrize("role", sorted(Role))
async def test_every_role_gets_a_token_that_the_services_accept(role, tmp_path):
    issuer = DevelopmentIssuer.at(tmp_path)
    verifier = TokenVerifier({ISSUER: Issuer(source(str(tmp_path / "jwks.json")))}, "linli")
    token = issuer.issue(role, now=utc_now(), area=demo_area(role, "310101002"))

    actor = await verifier.actor(token, now=utc_now())

    assert actor.roles == {role}
    assert compatible(kind_of(role), actor.roles)


def test_the_key_stays_and_belongs_to_its_owner_alone(tmp_path):
    first = DevelopmentIssuer.at(tmp_path).jwks()

    assert DevelopmentIssuer.at(tmp_path).jwks() == first
    assert stat.S_IMODE((tmp_path / "issuer.pem").stat().st_mode) == 0o600
