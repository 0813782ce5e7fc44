"""SM3 and HMAC-SM3, 32 bytes each. Source: GB/T 32905-2016; HMAC by GB/T 15852.2."""

from cryptography.hazmat.primitives import hashes, hmac


def sm3(*parts: bytes) -> bytes:
    """SM3 of the parts, one after the other."""
    digest = hashes.Hash(hashes.SM3())
    for part in parts:
        digest.update(part)
    return digest.finalize()


def hmac_sm3(key: bytes, message: bytes) -> bytes:
    """HMAC-SM3 of a message."""
    code = hmac.HMAC(key, hashes.SM3())
    code.update(message)
    return code.finalize()
