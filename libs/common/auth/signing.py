"""The signature of a call: one canonical text, two methods. Pure; callers and service share it.

    METHOD \\n PATH \\n QUERY \\n hex(hash(body)) \\n app key \\n timestamp \\n nonce

PATH is the path under the service's public address; it and QUERY are percent-decoded and encoded
again (RFC 3986, upper-case hex), QUERY's pairs sorted by encoded name, then value. The hash is
SHA-256 or SM3 as the method says; the signature is lower-case hex. Times are Unix milliseconds.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from cryptography.hazmat.primitives import hashes, hmac

APP_KEY: Final = "X-App-Key"
TIMESTAMP: Final = "X-Timestamp"
NONCE: Final = "X-Nonce"
METHOD: Final = "X-Sign-Method"
SIGN: Final = "X-Sign"

_APP_KEY = re.compile(r"[A-Za-z0-9._-]{3,64}")
_TIMESTAMP = re.compile(r"[0-9]{13}")
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
_SIGN = re.compile(r"[0-9a-f]{64}")


class SignMethod(StrEnum):
    """How a call is signed."""

    HMAC_SHA256 = "HMAC-SHA256"
    HMAC_SM3 = "HMAC-SM3"


@dataclass(frozen=True, slots=True)
class Call:
    """What is signed of a request. `path` and `query` as on the wire, still percent-encoded."""

    verb: str
    path: str
    query: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the signer adds: who, when, once, and how."""

    app_key: str
    timestamp_ms: int
    nonce: str
    method: SignMethod


def canonical(call: Call, stamp: Stamp) -> bytes:
    """The text that is signed. Two calls have the same text only if they mean the same."""
    lines = (
        call.verb.upper(),
        canonical_path(call.path),
        canonical_query(call.query),
        _digest(stamp.method, call.body).hex(),
        stamp.app_key,
        f"{stamp.timestamp_ms:013d}",
        stamp.nonce,
    )
    return "\n".join(lines).encode()


def signature(call: Call, stamp: Stamp, secret: bytes) -> str:
    """The value of X-Sign."""
    code = hmac.HMAC(secret, _hash(stamp.method))
    code.update(canonical(call, stamp))
    return code.finalize().hex()


def signed_headers(call: Call, stamp: Stamp, secret: bytes) -> dict[str, str]:
    """The five headers of a signed call."""
    return {
        APP_KEY: stamp.app_key,
        TIMESTAMP: f"{stamp.timestamp_ms:013d}",
        NONCE: stamp.nonce,
        METHOD: stamp.method.value,
        SIGN: signature(call, stamp, secret),
    }


def read_headers(headers: Mapping[str, str]) -> tuple[Stamp, str] | None:
    """Stamp and signature of a request; None when one is missing or malformed."""
    app_key, nonce = headers.get(APP_KEY, ""), headers.get(NONCE, "")
    at, sign = headers.get(TIMESTAMP, ""), headers.get(SIGN, "").lower()
    method = headers.get(METHOD, "")
    fits = (
        _APP_KEY.fullmatch(app_key)
        and _TIMESTAMP.fullmatch(at)
        and _NONCE.fullmatch(nonce)
        and _SIGN.fullmatch(sign)
        and method in set(SignMethod)
    )
    return (Stamp(app_key, int(at), nonce, SignMethod(method)), sign) if fits else None


def canonical_path(path: str) -> str:
    """Each segment decoded and encoded again, so that clients need not agree on what to escape."""
    return "/".join(quote(unquote_to_bytes(part), safe="") for part in (path or "/").split("/"))


def canonical_query(query: str) -> str:
    """Pairs in encoded form, sorted; empty values keep their `=`, repeated names stay."""
    pairs = sorted(_pair(part) for part in query.split("&") if part)
    return "&".join(f"{name}={value}" for name, value in pairs)


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.replace("+", " ").partition("=")
    return quote(unquote_to_bytes(name), safe=""), quote(unquote_to_bytes(value), safe="")


def _hash(method: SignMethod) -> hashes.HashAlgorithm:
    return hashes.SM3() if method is SignMethod.HMAC_SM3 else hashes.SHA256()


def _digest(method: SignMethod, body: bytes) -> bytes:
    digest = hashes.Hash(_hash(method))
    digest.update(body)
    return digest.finalize()
