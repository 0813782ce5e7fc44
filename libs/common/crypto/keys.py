"""All that a service does with its keys, in one value opened at start."""

from dataclasses import dataclass
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from common.crypto.blind_index import BlindIndex
from common.crypto.digest import hmac_sm3
from common.crypto.fields import FieldCipher
from common.crypto.keyring import KeyRing, KeySettings, KeyUse


@dataclass(frozen=True, slots=True)
class Keys:
    """The key ring and what is made from it: field cipher, blind index, signer."""

    ring: KeyRing
    fields: FieldCipher
    index: BlindIndex

    @classmethod
    def of(cls, ring: KeyRing) -> Self:
        """Everything under this ring, with the standard cipher SM4-GCM."""
        return cls(ring, FieldCipher(ring), BlindIndex(ring))

    @classmethod
    def load(cls, settings: KeySettings) -> Self:
        """Everything under the ring that the settings name. Raises `KeyRingError`."""
        return cls.of(KeyRing.load(settings))

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """Encrypt, bound to `context`."""
        return self.fields.seal_bytes(plain, context=context)

    def unseal(self, sealed: bytes, *, context: str) -> bytes:
        """Decrypt what `seal` made for the same `context`."""
        return self.fields.open_bytes(sealed, context=context)

    @property
    def pseudonym_key(self) -> bytes:
        """The key of residents' pseudonyms. Changing it gives everybody new names."""
        return self.ring.active[KeyUse.PSEUDONYM].material

    def signer(self) -> tuple[str, Ed25519PrivateKey]:
        """The signing key with its id; what it signs is checked with the public half alone."""
        key = self.ring.active[KeyUse.SIGNING]
        return key.id, signing_key(key.material)

    def public_keys(self) -> dict[str, Ed25519PublicKey]:
        """The public halves of all signing keys, by id."""
        signing = self.ring.all[KeyUse.SIGNING].values()
        return {key.id: signing_key(key.material).public_key() for key in signing}


def signing_key(material: bytes) -> Ed25519PrivateKey:
    """The Ed25519 key that a signing key of the ring stands for."""
    return Ed25519PrivateKey.from_private_bytes(hmac_sm3(material, b"ed25519"))
