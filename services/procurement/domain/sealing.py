"""The seal of a bid: what a bidder commits to before the deadline, and how it is opened after.

Pure. Authenticated encryption alone lets one ciphertext open as two prices under two keys; the
commitment binds key, ciphertext, purchase and bidder, so a sealed bid opens in one way or not at
all. The form is in docs/sealed-bids.md, vectors in docs/sealed-bid-vectors.json.
"""

import base64
import binascii
import hmac
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256, SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from pydantic import ValidationError

from common.contracts.procurement_bids import BidContent, SealAlgorithm
from common.crypto.digest import hmac_sm3, sm3
from common.errors import Conflict, FieldError, Invalid, Text
from common.validation import field_error

DOMAIN: Final = b"linli/bid/v1"
IV_BYTES, TAG_BYTES = 12, 16
_KEY_BYTES: Final = {SealAlgorithm.SM4_GCM: 16, SealAlgorithm.AES_256_GCM: 32}
_CIPHERS: Final = {SealAlgorithm.SM4_GCM: SM4, SealAlgorithm.AES_256_GCM: AES256}


class RevealDoesNotMatch(Conflict):
    """Key or ciphertext are not the ones that were committed to."""

    slug = "reveal-does-not-match"
    title = Text("解密内容与承诺不符", "The reveal does not match")
    detail = Text(
        "{what}与提交时的承诺不符；请使用提交时的密文与密钥，窗口至 {until}。",
        "{what} is not the one committed to; use those of the submission, until {until}.",
    )


class BidUnreadable(Invalid):
    """The bid was opened as committed, and what it says is no bid."""

    slug = "bid-unreadable"
    title = Text("响应内容无法识别", "The bid cannot be read")
    detail = Text(
        "响应文件可以解密，但内容不是规定的格式；见 errors。",
        "The bid opens, but its content is not in the published form; see errors.",
    )


def context(tender_id: UUID, bidder_id: UUID, stage: int, algorithm: SealAlgorithm) -> bytes:
    """What a seal is bound to; a bid copied to another purchase or bidder does not open there."""
    return b"|".join(
        (
            DOMAIN,
            str(tender_id).encode(),
            str(bidder_id).encode(),
            b"%d" % stage,
            algorithm.encode(),
        )
    )


def commitment(key: bytes, bound_to: bytes, ciphertext_digest: bytes) -> bytes:
    """HMAC-SM3 under the 32-byte key: nobody can find two keys for one commitment."""
    return hmac_sm3(key, bound_to + b"|commit|" + ciphertext_digest)


def cipher_key(key: bytes, algorithm: SealAlgorithm) -> bytes:
    """The key of the cipher, derived, so that it says nothing of the committed one."""
    return hmac_sm3(key, DOMAIN + b"|encrypt|" + algorithm.encode())[: _KEY_BYTES[algorithm]]


def matches(
    key: bytes, ciphertext: bytes, bound_to: bytes, digest: bytes, committed: bytes
) -> Text | None:
    """None when key and ciphertext are the committed ones, else which of them is not."""
    if not hmac.compare_digest(sm3(ciphertext), digest):
        return Text("密文", "the ciphertext")
    if not hmac.compare_digest(commitment(key, bound_to, digest), committed):
        return Text("密钥", "the key")
    return None


def opened(key: bytes, ciphertext: bytes, bound_to: bytes, algorithm: SealAlgorithm) -> BidContent:
    """What a bid says. Raises `BidUnreadable` when it is not a bid."""
    iv, body, tag = ciphertext[:IV_BYTES], ciphertext[IV_BYTES:-TAG_BYTES], ciphertext[-TAG_BYTES:]
    cipher = Cipher(_CIPHERS[algorithm](cipher_key(key, algorithm)), GCM(iv, tag)).decryptor()
    cipher.authenticate_additional_data(bound_to)
    try:
        plain = cipher.update(body) + cipher.finalize()
        return BidContent.model_validate_json(plain)
    except InvalidTag:
        told = Text("密文未通过认证", "the ciphertext is not authentic")
        raise BidUnreadable(errors=[FieldError("/ciphertext", None, told)]) from None
    except ValidationError as fault:
        faults = [field_error(dict(each)) for each in fault.errors(include_input=False)]
        raise BidUnreadable(errors=faults) from None


def raw(text: str, *, field: str) -> bytes:
    """Bytes of a Base64 text of one form. Raises `BidUnreadable`."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        told = Text("不是 Base64", "not Base64")
        raise BidUnreadable(errors=[FieldError(f"/{field}", None, told)]) from None
