import base64
import hmac
import json
from datetime import timedelta

import jwt
import pytest

from common.auth.development import AUDIENCE, ISSUER, KEY_ID, DevelopmentIssuer
from common.auth.jwks import KeySet
from common.auth.pseudonym import Pseudonyms
from common.auth.roles import ActorKind, Role
from common.auth.token import ClaimsUnusable, Issuer, TokenExpired, TokenInvalid, TokenVerifier
from common.clock import utc_now

NOW = utc_now()


@pytest.fixture(scope="module")
def issuer(tmp_path_factory) -> DevelopmentIssuer:
    return DevelopmentIssuer.at(tmp_path_factory.mktemp("issuer"))


@pytest.fixture
def verifier(issuer) -> TokenVerifier:
    return verifier_of(issuer)


def verifier_of(issuer: DevelopmentIssuer, **options) -> TokenVerifier:
    async def keys() -> bytes:
        return issuer.jwks()

    return TokenVerifier(
        {ISSUER: Issuer(KeySet(keys))}, AUDIENCE, Pseudonyms(b"k" * 32), leeway_s=0, **options
    )


def signed(issuer: DevelopmentIssuer, **claims) -> str:
    said = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "li",
        "exp": int(NOW.timestamp()) + 600,
        "kind": "staff",
        "roles": ["clerk"],
        **claims,
    }
    present = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(present, issuer.key, "ES256", {"kid": KEY_ID})


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


async def test_a_token_becomes_a_caller_with_all_its_claims(issuer, verifier):
    org = "0191b2c3-0000-7000-8000-000000000001"
    token = signed(issuer, area="310101002", line="民政", org=org, roles=["clerk", "unknown"])

    actor = await verifier.actor(token, now=NOW)

    assert (actor.issuer, actor.subject, actor.kind) == (ISSUER, "li", ActorKind.STAFF)
    assert actor.roles == {Role.CLERK}
    assert (actor.area, actor.line, str(actor.org)) == ("310101002", "民政", org)


async def test_a_resident_comes_with_pseudonyms_and_without_area(issuer, verifier):
    token = issuer.issue(Role.RESIDENT, now=NOW, subject="wang")

    actor = await verifier.actor(token, now=NOW)

    assert actor.alias("votes") != actor.alias("cases")
    assert actor.area is None


@pytest.mark.parametrize(
    ("acr", "level"), [("L1", 1), ("L3", 3), ("L4", 0), (3, 0), (["L3"], 0), (None, 0)]
)
async def test_a_level_that_is_not_known_counts_as_none(issuer, verifier, acr, level):
    assert (await verifier.actor(signed(issuer, acr=acr), now=NOW)).level == level


@pytest.mark.parametrize("area", ["", "3", "310", "31010", "上海", 31, None, ["31"], "310101002 "])
async def test_a_malformed_area_counts_as_none(issuer, verifier, area):
    actor = await verifier.actor(signed(issuer, area=area), now=NOW)

    assert actor.area is None
    assert not actor.covers("310101002001")


@pytest.mark.parametrize("claim", [{"org": "acme"}, {"org": 5}, {"line": ""}, {"line": "x" * 65}])
async def test_malformed_organisations_and_lines_count_as_none(issuer, verifier, claim):
    actor = await verifier.actor(signed(issuer, **claim), now=NOW)

    assert (actor.org, actor.line) == (None, None)


@pytest.mark.parametrize(
    "claims",
    [
        {"kind": None},
        {"kind": "anonymous"},
        {"kind": "robot"},
        {"kind": 1},
        {"kind": "resident", "roles": ["clerk"]},
        {"roles": ["system_admin", "auditor"]},
        {"roles": ["security_admin", "clerk"]},
        {"kind": "app", "roles": ["service"]},
    ],
)
async def test_claims_that_do_not_fit_together_are_refused(issuer, verifier, claims):
    with pytest.raises(ClaimsUnusable):
        await verifier.actor(signed(issuer, **claims), now=NOW)


async def test_roles_that_are_no_list_are_no_roles(issuer, verifier):
    actor = await verifier.actor(signed(issuer, roles="city_office"), now=NOW)

    assert actor.roles == frozenset()


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "somebody else"},
        {"iss": "https://evil.example"},
        {"exp": None},
        {"sub": None},
        {"aud": None},
        {"nbf": int(NOW.timestamp()) + 86_400},
        {"exp": "soon"},
    ],
)
async def test_tokens_for_others_or_without_bounds_are_refused(issuer, verifier, claims):
    with pytest.raises(TokenInvalid):
        await verifier.actor(signed(issuer, **claims), now=NOW)


async def test_an_expired_token_says_so(issuer, verifier):
    with pytest.raises(TokenExpired):
        await verifier.actor(signed(issuer, exp=int(NOW.timestamp()) - 5), now=NOW)


async def test_an_unsigned_token_is_refused(issuer, verifier):
    body = signed(issuer).split(".")[1]
    for algorithm in ("none", "None", "HS256"):
        head = encoded(json.dumps({"alg": algorithm}).encode())
        with pytest.raises(TokenInvalid):
            await verifier.actor(f"{head}.{body}.", now=NOW)


async def test_the_public_key_is_no_shared_secret(issuer, verifier):
    head = encoded(json.dumps({"alg": "HS256", "kid": KEY_ID}).encode())
    said = f"{head}.{signed(issuer).split('.')[1]}"
    forged = encoded(hmac.digest(issuer.jwks(), said.encode(), "sha256"))

    with pytest.raises(TokenInvalid):
        await verifier.actor(f"{said}.{forged}", now=NOW)


async def test_a_strangers_key_is_refused(issuer, verifier, tmp_path):
    stranger = DevelopmentIssuer.at(tmp_path)

    with pytest.raises(TokenInvalid):
        await verifier.actor(signed(stranger), now=NOW)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "...", "é.é.é", "a" * 9000, "\ud800.b.c"])
async def test_what_is_no_token_is_refused(verifier, token):
    with pytest.raises(TokenInvalid):
        await verifier.actor(token, now=NOW)


async def test_a_changed_byte_is_refused_even_when_the_original_is_remembered(issuer, verifier):
    token = signed(issuer)
    await verifier.actor(token, now=NOW)
    head, body, signature = token.split(".")
    flipped = ("A" if signature[5] != "A" else "B") + signature[6:]

    with pytest.raises(TokenInvalid):
        await verifier.actor(f"{head}.{body}.{signature[:5]}{flipped}", now=NOW)


async def test_a_remembered_token_still_ends_when_it_expires(issuer, verifier):
    token = signed(issuer, exp=int(NOW.timestamp()) + 600)
    first = await verifier.actor(token, now=NOW)

    assert await verifier.actor(token, now=NOW + timedelta(seconds=599)) is first
    later = NOW + timedelta(seconds=601)
    assert await verifier.actor(token, now=later) is not first  # checked again from the start


async def test_the_memory_of_tokens_is_bounded(issuer):
    verifier = verifier_of(issuer, remembered=3)
    for number in range(10):
        await verifier.actor(signed(issuer, sub=f"s{number}"), now=NOW)

    assert len(verifier._known) == 3
