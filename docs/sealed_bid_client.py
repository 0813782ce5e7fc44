"""Reference client of sealed bids 密封响应参考客户端: seals a bid, and checks somebody else's.

Needs nothing but Python and the package `cryptography`. The form is described in sealed-bids.md.

    python docs/sealed_bid_client.py seal TENDER BIDDER bid.json > sealed.json
    python docs/sealed_bid_client.py check TENDER BIDDER sealed.json

Keep `key` and `ciphertext` yourself until the reveal window: whoever loses them has no bid.
"""

import base64
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256, SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM

DOMAIN = b"linli/bid/v1"
CIPHERS = {"sm4-gcm": (SM4, 16), "aes-256-gcm": (AES256, 32)}


@dataclass(frozen=True)
class Sealed:
    """A sealed bid: the first three go in at once, the last two in the reveal window."""

    algorithm: str
    ciphertext_digest: str
    key_commitment: str
    ciphertext: str
    key: str

    @property
    def submission(self) -> dict[str, str]:
        """The body of `POST /v1/tenders/{id}/bids`."""
        names = ("algorithm", "ciphertext_digest", "key_commitment")
        return {name: getattr(self, name) for name in names}

    @property
    def reveal(self) -> dict[str, str]:
        """The body of `POST /v1/tenders/{id}/bids/reveal`."""
        return {"ciphertext": self.ciphertext, "key": self.key}


def context(tender: str, bidder: str, stage: int, algorithm: str) -> bytes:
    """What the seal is bound to."""
    return b"|".join(
        (DOMAIN, tender.encode(), bidder.encode(), str(stage).encode(), algorithm.encode())
    )


def seal(
    tender: str,
    bidder: str,
    plain: bytes,
    *,
    stage: int = 1,
    algorithm: str = "sm4-gcm",
    key: bytes | None = None,
    iv: bytes | None = None,
) -> Sealed:
    """Seal a bid. Key and IV are random; only test vectors give them."""
    key, iv = key or os.urandom(32), iv or os.urandom(12)
    bound_to = context(tender, bidder, stage, algorithm)
    cipher, length = CIPHERS[algorithm]
    own = _hmac_sm3(key, DOMAIN + b"|encrypt|" + algorithm.encode())[:length]
    encryptor = Cipher(cipher(own), GCM(iv)).encryptor()
    encryptor.authenticate_additional_data(bound_to)
    body = iv + encryptor.update(plain) + encryptor.finalize() + encryptor.tag
    digest = _sm3(body)
    committed = _hmac_sm3(key, bound_to + b"|commit|" + digest)
    return Sealed(
        algorithm, digest.hex(), committed.hex(), base64.b64encode(body).decode(), key.hex()
    )


def unseal(tender: str, bidder: str, sealed: Sealed, *, stage: int = 1) -> bytes:
    """Check a revealed bid against its commitments and open it. Raises ValueError."""
    key, body = bytes.fromhex(sealed.key), base64.b64decode(sealed.ciphertext)
    bound_to = context(tender, bidder, stage, sealed.algorithm)
    digest = _sm3(body)
    if digest.hex() != sealed.ciphertext_digest:
        raise ValueError("the ciphertext is not the one committed to")
    if _hmac_sm3(key, bound_to + b"|commit|" + digest).hex() != sealed.key_commitment:
        raise ValueError("the key is not the one committed to")
    cipher, length = CIPHERS[sealed.algorithm]
    own = _hmac_sm3(key, DOMAIN + b"|encrypt|" + sealed.algorithm.encode())[:length]
    decryptor = Cipher(cipher(own), GCM(body[:12], body[-16:])).decryptor()
    decryptor.authenticate_additional_data(bound_to)
    return decryptor.update(body[12:-16]) + decryptor.finalize()


def _sm3(message: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(message)
    return digest.finalize()


def _hmac_sm3(key: bytes, message: bytes) -> bytes:
    code = hmac.HMAC(key, hashes.SM3())
    code.update(message)
    return code.finalize()


def main(command: str, tender: str, bidder: str, file: str) -> None:
    """Seal or check a file."""
    content = Path(file).read_bytes()
    if command == "seal":
        told = json.dumps(vars(seal(tender, bidder, content)), indent=2)
    else:
        told = unseal(tender, bidder, Sealed(**json.loads(content))).decode()
    sys.stdout.write(told + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:5])
