"""The local run's own issuer of tokens: opt-in by setting, refused in production.

Its key lives in a directory of the machine; whoever reads that directory can be anybody.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol, Self
from uuid import UUID

import jwt
import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from jwt.algorithms import ECAlgorithm

from common.auth.roles import OFFICES, STAFF, ActorKind, Role

ISSUER: Final = "urn:linli:development"
AUDIENCE: Final = "linli"
KEY_ID: Final = "development-1"
KEY_FILE: Final = "issuer.pem"
JWKS_FILE: Final = "jwks.json"


class IssuerSettings(Protocol):
    """What of the settings concerns the development issuer."""

    @property
    def environment(self) -> str:
        """production or development."""
        ...

    @property
    def development_issuer(self) -> bool:
        """Whether its tokens are accepted."""
        ...

    @property
    def token_issuer(self) -> str | None:
        """The accepted issuer."""
        ...

    @property
    def login_issuer(self) -> str | None:
        """The gateway of sign-ins, accepted beside it."""
        ...


class DevelopmentIssuerRefusedError(RuntimeError):
    """The settings would let the development issuer in where it must not be."""


def refuse_in_production(settings: IssuerSettings) -> None:
    """Refuse to start when the development issuer is trusted in production, or without opt-in."""
    is_named = ISSUER in {settings.token_issuer, settings.login_issuer}
    wanted = settings.development_issuer or is_named
    if wanted and settings.environment == "production":
        raise DevelopmentIssuerRefusedError("production refuses the development issuer")
    if is_named and not settings.development_issuer:
        raise DevelopmentIssuerRefusedError(
            "the development issuer is named but not opted in: set DEVELOPMENT_ISSUER=true"
        )


@dataclass(frozen=True, slots=True)
class DevelopmentIssuer:
    """Makes tokens for demonstrations and tests."""

    key: EllipticCurvePrivateKey

    @classmethod
    def at(cls, directory: Path) -> Self:
        """The issuer whose key lies in `directory`; key and JWKS are made on first use."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = directory / KEY_FILE
        if not file.exists():
            _write_new(file, generate_private_key(SECP256R1()))
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise TypeError(f"{file} does not hold an elliptic-curve key")
        issuer = cls(key)
        (directory / JWKS_FILE).write_bytes(issuer.jwks())
        return issuer

    def jwks(self) -> bytes:
        """The public half, as services read it."""
        public = ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return orjson.dumps({"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "ES256"}]})

    def issue(
        self,
        role: Role | Iterable[Role],
        *,
        now: datetime,
        subject: str | None = None,
        kind: ActorKind | None = None,
        area: str | None = None,
        line: str | None = None,
        org: UUID | None = None,
        acr: str | None = None,
        lifetime: timedelta = timedelta(hours=12),
        audience: str = AUDIENCE,
    ) -> str:
        """A token for a role, with sensible kind, subject, line and level where none are given."""
        roles = [role] if isinstance(role, Role) else sorted(role)
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": audience,
            "sub": subject or f"demo-{roles[0]}",
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "kind": kind or kind_of(roles[0]),
            "roles": roles,
            "area": area,
            "line": line or ("*" if roles[0] in OFFICES else None),
            "org": None if org is None else str(org),
            "acr": acr or ("L3" if Role.RESIDENT in roles else None),
        }
        present = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(present, self.key, algorithm="ES256", headers={"kid": KEY_ID})


def kind_of(role: Role) -> ActorKind:
    """The kind of caller that usually holds a role."""
    if role is Role.SERVICE:
        return ActorKind.SERVICE
    if role is Role.PORTAL_APP:
        return ActorKind.APP
    outside = {Role.RESIDENT, Role.DEPUTY, Role.PANEL_EXPERT, Role.PUBLIC}
    return ActorKind.RESIDENT if role in outside else ActorKind.STAFF


def demo_area(role: Role, street: str) -> str | None:
    """The area of a demo token: the street's for street staff, its district, or the city."""
    if role is Role.DISTRICT_OFFICE:
        return street[:6]
    if role in {Role.CITY_OFFICE, Role.SERVICE, Role.PORTAL_APP}:
        return street[:2]
    return street if role in STAFF | {Role.DEPUTY, Role.RESIDENT} else None


def _write_new(file: Path, key: EllipticCurvePrivateKey) -> None:
    """Write a private key for its owner alone; two starts at once leave one whole key."""
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    draft = file.with_suffix(f".{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(pem)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass  # another start was first; its key stands
    finally:
        draft.unlink()
