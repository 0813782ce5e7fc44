"""The settings of the four services on one machine, as environment variables.

The only place that knows the names; the runner, the tests and the tools take them from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from common.auth.development import AUDIENCE, ISSUER, JWKS_FILE, DevelopmentIssuer
from common.auth.roles import Role
from common.clock import utc_now
from common.crypto.keyring import create_development_keys

SERVICES: Final = ("registry", "matching", "procurement", "feedback")
CITY: Final = "31"  # what the services may read of each other's private feeds
SERVICE_TOKEN: Final = "service.jwt"  # noqa: S105 - the name of a file
SERVICE_TOKEN_LIFETIME: Final = timedelta(days=365)  # renewed at each start


@dataclass(frozen=True, slots=True)
class Urls:
    """One database, as each role reaches it."""

    owner: str
    app: str
    audit: str


@dataclass(frozen=True, slots=True)
class Secrets:
    """Development keys and the development issuer, in a directory of this machine."""

    keys: Path
    issuer_directory: Path
    anchors: Path
    issuer: DevelopmentIssuer

    @property
    def jwks(self) -> Path:
        """The issuer's public keys."""
        return self.issuer_directory / JWKS_FILE

    @property
    def service_token(self) -> Path:
        """The token with which the services read each other's private feeds."""
        return self.issuer_directory / SERVICE_TOKEN


def make_secrets(directory: Path) -> Secrets:
    """Make what is missing; what exists stays, so that tokens and ciphertexts live on."""
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    keys, issuer, anchors = (directory / name for name in ("keys", "issuer", "anchors"))
    create_development_keys(keys)
    anchors.mkdir(exist_ok=True)
    made = Secrets(keys, issuer, anchors, DevelopmentIssuer.at(issuer))
    made.service_token.touch(mode=0o600)
    made.service_token.write_text(
        made.issuer.issue(Role.SERVICE, now=utc_now(), area=CITY, lifetime=SERVICE_TOKEN_LIFETIME)
    )
    return made


def settings_of(
    service: str, urls: Urls, secrets: Secrets, *, base_url: str, **others: str
) -> dict[str, str]:
    """The variables of one service; `others` are further settings by their field names."""
    values = {
        "environment": "development",
        "log_format": "text",
        "database_url": urls.app,
        "migration_database_url": urls.owner,
        "audit_database_url": urls.audit,
        "base_url": base_url,
        "token_issuer": ISSUER,
        "token_audience": AUDIENCE,
        "token_jwks": str(secrets.jwks),
        "development_issuer": "true",
        "service_token": str(secrets.service_token),
        "key_ring": str(secrets.keys),
        "anchor_dir": str(secrets.anchors),
        **others,
    }
    return prefixed(service, values)


def prefixed(service: str, values: Mapping[str, str]) -> dict[str, str]:
    """Settings as environment variables: `database_url` of registry is REGISTRY_DATABASE_URL."""
    return {f"{service}_{name}".upper(): value for name, value in values.items()}


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment free of settings that somebody's shell may hold."""
    ours = tuple(f"{service.upper()}_" for service in SERVICES)
    return {name: value for name, value in environment.items() if not name.startswith(ours)}
