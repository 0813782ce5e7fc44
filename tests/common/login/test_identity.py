"""What a provider says becomes an identity, or nothing: trust is given by name."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from jwt.algorithms import ECAlgorithm

from common.auth.jwks import KeySet
from common.auth.login.flow import Pending
from common.auth.login.identity import (
    Assurance,
    Identity,
    IdentityUnusable,
    Reading,
    SubjectKind,
    at,
    claims_of,
)
from common.auth.login.oidc import Addresses, OidcProvider

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
CODE = "52310000MJ4900001K"
READING = Reading(
    kinds={"corp": SubjectKind.LEGAL}, levels={"face": Assurance.L3, "name": Assurance.L2}
)


def test_words_that_are_not_listed_earn_the_least() -> None:
    said = {"sub": "a", "subject_type": "minister", "acr": "very sure"}

    assert READING.identity("city", said) == Identity(
        "city", "a", SubjectKind.NATURAL, Assurance.L1
    )
    assert READING.identity("city", {"sub": 7, "acr": "face"}).assurance is Assurance.L3


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"sub": ""},
        {"sub": None},
        {"sub": ["a"]},
        {"sub": "a" * 201},
        {"sub": "a", "subject_type": "corp"},
        {"sub": "a", "subject_type": "corp", "uscc": "52310000MJ490000XX"},
    ],
)
def test_an_identity_that_is_not_whole_is_none(said: dict[str, Any]) -> None:
    with pytest.raises(IdentityUnusable):
        READING.identity("city", said)


def test_a_legal_person_whom_the_registry_does_not_know_may_do_what_the_public_may() -> None:
    hall = READING.identity("city", {"sub": "b", "subject_type": "corp", "uscc": CODE})
    known = uuid4()

    assert hall.organisation == CODE
    assert claims_of(hall, None)["roles"] == []
    assert claims_of(hall, known)["org"] == str(known)
    assert claims_of(hall, known)["acr"] == "L1"


HOMES = Reading(home="address.village", levels={"face": Assurance.L3})


def test_a_home_is_read_where_it_is_configured_and_somebody_is_known_by_name() -> None:
    said = {"sub": "a", "acr": "face", "address": {"village": "310101002001"}}
    found = HOMES.identity("city", said)

    assert found.home == "310101002001"
    assert claims_of(found, None)["area"] == "310101002001"
    assert READING.identity("city", said).home is None  # nobody said where it stands
    assert "area" not in claims_of(READING.identity("city", said), None)
    assert HOMES.identity("city", said | {"acr": "password"}).home is None


@pytest.mark.parametrize("village", [None, "310101", "310101002000", "黄浦区", 310101002001.5, {}])
def test_what_is_no_neighbourhood_is_no_home_and_signs_in_all_the_same(village: Any) -> None:
    found = HOMES.identity("city", {"sub": "a", "acr": "face", "address": {"village": village}})

    assert (found.subject, found.home) == ("a", None)


def test_a_path_ends_where_nothing_stands() -> None:
    assert at({"a": {"b": 1}}, "a.b") == 1
    assert at({"a": [1]}, "a.b") is None
    assert at("text", "a") is None


KEY = generate_private_key(SECP256R1())
OTHER = generate_private_key(SECP256R1())
GOOD = {"iss": "https://id.test", "aud": "linli", "sub": "a", "nonce": "n"}


def provider() -> OidcProvider:
    addresses = Addresses("https://id.test/a", "https://id.test/t", "https://id.test/k")
    made = OidcProvider("city", "https://id.test", "linli", "s", addresses=addresses)
    public = {**ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "1", "use": "sig"}

    async def keys() -> bytes:
        return str({"keys": [public]}).replace("'", '"').encode()

    made._keys = KeySet(keys)
    return made


@pytest.mark.parametrize(
    ("claims", "key", "algorithm"),
    [
        ({"nonce": "another"}, KEY, "ES256"),
        ({"nonce": None}, KEY, "ES256"),
        ({"aud": "another"}, KEY, "ES256"),
        ({"aud": ["linli", "another"], "azp": "another"}, KEY, "ES256"),
        ({"iss": "https://id.evil"}, KEY, "ES256"),
        ({"exp": 1_000_000_000}, KEY, "ES256"),
        ({}, OTHER, "ES256"),
        ({}, "a secret that is thirty-two bytes long", "HS256"),
    ],
)
async def test_an_id_token_that_is_not_ours_is_none(
    claims: dict[str, Any], key: Any, algorithm: str
) -> None:
    pending = Pending("city", "s", "n", "v", "https://app.test", 0)
    said = {**GOOD, "iat": 1_700_000_000, "exp": 4_000_000_000}
    good = jwt.encode(said, KEY, "ES256", headers={"kid": "1"})
    bad = jwt.encode(said | claims, key, algorithm, headers={"kid": "1"})

    assert (await provider()._claims(good, pending, NOW))["sub"] == "a"
    with pytest.raises(IdentityUnusable):
        await provider()._claims(bad, pending, NOW)
