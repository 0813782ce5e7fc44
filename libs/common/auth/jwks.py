"""An issuer's public keys: from a file or an address, refreshed calmly, kept when that fails."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
import jwt
import orjson
import structlog

from common.errors import Text, Unavailable
from common.tls import trusted

log = structlog.get_logger(__name__)

Fetch = Callable[[], Awaitable[bytes]]

FRESH: Final = timedelta(minutes=10)
TIMEOUT_S: Final = 5.0
# An unknown key id may be a new key, or anybody's invention: one look per half minute is enough.
LEAST_PAUSE: Final = timedelta(seconds=30)


class KeySet:
    """The keys of one issuer, by key id."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._turn = asyncio.Lock()

    async def key(self, kid: object, *, now: datetime) -> jwt.PyJWK | None:
        """The key of that id; without an id, the only key there is. None when there is none.

        Raises `Unavailable` when the issuer's keys have never been read.
        """
        found = self._find(kid)
        reading = found is None and self._turn.locked()  # somebody reads them now: wait for that
        if reading or self._is_due(now, missing=found is None):
            await self._refresh(now, missing=found is None)
            found = self._find(kid)
        if self._fetched_at is None:
            raise Unavailable(what=Text("身份认证服务的公钥", "The key set of the token issuer"))
        return found

    def _find(self, kid: object) -> jwt.PyJWK | None:
        if isinstance(kid, str):
            return self._keys.get(kid)
        only = list(self._keys.values())
        return only[0] if kid is None and len(only) == 1 else None

    def _is_due(self, now: datetime, *, missing: bool) -> bool:
        if self._tried_at is not None and now - self._tried_at < LEAST_PAUSE:
            return False
        return missing or self._fetched_at is None or now - self._fetched_at > FRESH

    async def _refresh(self, now: datetime, *, missing: bool) -> None:
        """Read the keys again; one caller does it, a failure leaves the old keys standing."""
        async with self._turn:
            if not self._is_due(now, missing=missing):
                return
            self._tried_at = now
            try:
                self._keys = parse(await self._fetch())
                self._fetched_at = now
            except Exception as fault:  # whatever the network or the file does, old keys serve on
                log.warning("token keys not refreshed", fault=repr(fault)[:300])


def parse(document: bytes) -> dict[str | None, jwt.PyJWK]:
    """The usable signature keys of a JWKS document; those of other kinds are left out."""
    keys: dict[str | None, jwt.PyJWK] = {}
    for entry in orjson.loads(document)["keys"]:
        if entry.get("use", "sig") != "sig" or entry.get("kty") not in {"RSA", "EC", "OKP"}:
            continue
        try:
            key = jwt.PyJWK.from_dict(entry)
        except jwt.PyJWTError:
            continue
        keys[key.key_id] = key
    return keys


def source(address: str) -> KeySet:
    """The keys at an address: `https://…`, or the path of a file."""
    if address.startswith(("https://", "http://")):
        return KeySet(from_url(address))
    return KeySet(from_file(Path(address)))


def from_url(url: str, *, client: httpx.AsyncClient | None = None) -> Fetch:
    """Read a JWKS over HTTP; rarely enough that a connection is not kept."""

    async def read() -> bytes:
        async with client or httpx.AsyncClient(timeout=TIMEOUT_S, verify=trusted()) as http:
            answer = await http.get(url, headers={"Accept": "application/json"})
            return answer.raise_for_status().content

    return read


def from_file(path: Path) -> Fetch:
    """Read a JWKS file; a key added to it is seen at the next refresh."""

    async def read() -> bytes:
        return await asyncio.to_thread(path.read_bytes)

    return read
