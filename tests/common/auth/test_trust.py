from dataclasses import dataclass

import pytest
from starlette.requests import Request

from common.auth.trust import trust_of
from common.errors import Unauthenticated


@dataclass
class Said:
    environment: str = "production"
    development_issuer: bool = False
    token_issuer: str | None = "https://id.example"
    token_jwks: str | None = "https://id.example/jwks"
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
    ],
)
def test_half_an_issuer_or_keys_over_plain_http_are_no_start(said, keys):
    with pytest.raises(ValueError, match="TOKEN_JWKS"):
        trust_of(said, keys, None)


async def test_without_an_issuer_no_token_is_believed(keys, now):
    trust = trust_of(Said(token_issuer=None, token_jwks=None), keys, None)

    with pytest.raises(Unauthenticated):
        await trust.of_token("a.b.c", Request({"type": "http", "headers": []}), now=now)


def test_an_issuer_over_https_is_believed(keys):
    assert trust_of(Said(), keys, None).tokens is not None
