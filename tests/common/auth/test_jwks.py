import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from jwt.algorithms import ECAlgorithm

from common.auth import jwks
from common.auth.jwks import KeySet, parse, source
from common.errors import Unavailable

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def document(*kids: str) -> bytes:
    public = ECAlgorithm.to_jwk(generate_private_key(SECP256R1()).public_key(), as_dict=True)
    return orjson.dumps({"keys": [{**public, "kid": kid, "alg": "ES256"} for kid in kids]})


class Issuer:
    """An issuer's address that counts how often it is asked."""

    def __init__(self, content: bytes) -> None:
        self.content: bytes | None = content
        self.asked = 0

    async def __call__(self) -> bytes:
        self.asked += 1
        if self.content is None:
            raise OSError("no route to the issuer")
        return self.content


async def test_keys_are_read_once_and_found_by_id():
    issuer = Issuer(document("a", "b"))
    keys = KeySet(issuer)

    assert (await keys.key("a", now=NOW)).key_id == "a"
    assert (await keys.key("b", now=NOW)).key_id == "b"
    assert issuer.asked == 1


async def test_an_unknown_id_asks_again_but_not_more_than_twice_a_minute():
    issuer = Issuer(document("a"))
    keys = KeySet(issuer)
    await keys.key("a", now=NOW)

    for second in range(60):
        assert await keys.key("forged", now=NOW + timedelta(seconds=second)) is None

    assert issuer.asked == 2


async def test_a_new_key_is_found_after_the_issuer_has_rotated():
    issuer = Issuer(document("a"))
    keys = KeySet(issuer)
    await keys.key("a", now=NOW)
    issuer.content = document("a", "b")

    assert (await keys.key("b", now=NOW + timedelta(seconds=31))).key_id == "b"


async def test_a_withdrawn_key_is_gone_after_ten_minutes():
    issuer = Issuer(document("a", "b"))
    keys = KeySet(issuer)
    await keys.key("a", now=NOW)
    issuer.content = document("b")

    assert await keys.key("a", now=NOW + timedelta(minutes=9)) is not None
    assert await keys.key("a", now=NOW + timedelta(minutes=11)) is None


async def test_old_keys_serve_on_while_the_issuer_is_away():
    issuer = Issuer(document("a"))
    keys = KeySet(issuer)
    await keys.key("a", now=NOW)
    issuer.content = None

    assert await keys.key("a", now=NOW + timedelta(hours=5)) is not None


async def test_an_issuer_that_never_answered_is_unavailable_and_not_hammered():
    issuer = Issuer(b"")
    issuer.content = None
    keys = KeySet(issuer)

    for second in range(29):
        with pytest.raises(Unavailable):
            await keys.key("a", now=NOW + timedelta(seconds=second))

    assert issuer.asked == 1


async def test_a_token_without_id_fits_only_a_single_key():
    assert await KeySet(Issuer(document("a"))).key(None, now=NOW) is not None
    assert await KeySet(Issuer(document("a", "b"))).key(None, now=NOW) is None


def test_keys_of_other_kinds_are_left_out():
    secret = {"kty": "oct", "k": "AAAA", "kid": "shared"}
    sealing = {**orjson.loads(document("enc"))["keys"][0], "use": "enc"}
    broken = {"kty": "EC", "crv": "P-256", "kid": "broken"}

    assert parse(orjson.dumps({"keys": [secret, sealing, broken]})) == {}


async def test_keys_come_from_a_file(tmp_path):
    file = tmp_path / "jwks.json"
    file.write_bytes(document("a"))

    assert await source(str(file)).key("a", now=NOW) is not None


async def test_keys_come_over_http(monkeypatch):
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url == "https://id.example/jwks"
        return httpx.Response(200, content=document("a"))

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    keys = KeySet(jwks.from_url("https://id.example/jwks", client=client))

    assert await keys.key("a", now=NOW) is not None


async def test_a_second_caller_waits_for_the_first_reading():
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow():
        begun.set()
        await go.wait()
        return document("a")

    keys = KeySet(slow)
    first = asyncio.create_task(keys.key("a", now=NOW))
    await begun.wait()
    second = asyncio.create_task(keys.key("a", now=NOW))
    await asyncio.sleep(0)
    go.set()

    assert await first is not None
    assert await second is not None
