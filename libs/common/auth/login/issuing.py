"""Tokens of ours for who has signed in: short-lived, Ed25519, by the gateway's own signing key."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import jwt
import orjson
from jwt.algorithms import OKPAlgorithm

from common.auth.login.identity import Identity, claims_of
from common.crypto.keys import Keys
from common.ids import uuid7

LIFETIME: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class LoginIssuer:
    """The issuer that the services are told to believe (`…_LOGIN_ISSUER`, `…_LOGIN_JWKS`)."""

    issuer: str
    audience: str
    keys: Keys
    lifetime: timedelta = LIFETIME

    def token(self, identity: Identity, organisation_id: UUID | None, *, now: datetime) -> str:
        """A token for an identity."""
        key_id, key = self.keys.signer()
        claims = {
            **claims_of(identity, organisation_id),
            "iss": self.issuer,
            "aud": self.audience,
            "jti": str(uuid7()),
            "iat": int(now.timestamp()),
            "exp": int((now + self.lifetime).timestamp()),
        }
        return jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": key_id})

    def jwks(self) -> bytes:
        """The public halves of all signing keys: tokens of the one before still verify."""
        keys = [
            {**OKPAlgorithm.to_jwk(key, as_dict=True), "kid": key_id, "use": "sig", "alg": "EdDSA"}
            for key_id, key in self.keys.public_keys().items()
        ]
        return orjson.dumps({"keys": keys})
