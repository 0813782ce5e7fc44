"""What a service is told from outside, by the environment. Nothing has a secret default."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, HttpUrl, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1024 * 1024


class ServiceSettings(BaseSettings):
    """Settings that all four services share; a service subclasses it with its own `env_prefix`."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    environment: Literal["production", "development"] = "production"
    log_format: Literal["json", "text"] = "json"
    database_url: str = Field(description="PostgreSQL of this service, role of the application")
    migration_database_url: str | None = Field(None, description="the same database, owner role")
    audit_database_url: str | None = Field(
        None, description="the same database, chaining role; unset: this process does not chain"
    )
    pool_size: int = Field(
        10, ge=1, description="connections a process keeps, beside up to four that write together"
    )
    worker: bool = Field(True, description="run numbering, chaining and jobs in this process")

    base_url: HttpUrl = Field(description="public address of this service, used in all links")
    trusted_proxies: list[str] = Field(
        default_factory=list, description="addresses or networks whose X-Forwarded-For is believed"
    )
    cors_origins: list[str] = Field(default_factory=list)
    max_body_bytes: int = Field(32 * MIB, ge=1024)
    idempotency_days: int = Field(2, ge=1, description="how long an answer can be replayed")

    token_issuer: str | None = Field(None, description="accepted `iss`")
    token_audience: str = "linli"  # noqa: S105 - an audience is no secret
    token_jwks: str | None = Field(None, description="JWKS: https address or path of a file")
    login_issuer: str | None = Field(
        None, description="accepted `iss` of the gateway of sign-ins: residents and legal persons"
    )
    login_jwks: str | None = Field(None, description="JWKS of the gateway")
    development_issuer: bool = Field(False, description="accept tokens of the local issuer")
    webhook_networks: list[IPv4Network | IPv6Network] = Field(
        default_factory=list,
        description="networks that are not public and may be told of changes by webhook",
    )
    registry_url: HttpUrl | None = Field(
        None, description="internal address of the registry; unset: its feeds are not followed"
    )
    matching_url: HttpUrl | None = Field(None, description="the same of the matching")
    procurement_url: HttpUrl | None = Field(None, description="the same of the procurement")
    feedback_url: HttpUrl | None = Field(None, description="the same of the feedback")
    service_token: Path | None = Field(
        None, description="file with the bearer token for private feeds, renewed by the platform"
    )
    service_token_url: HttpUrl | None = Field(
        None, description="token address of the OpenID provider, for client credentials"
    )
    service_client_id: str | None = None
    service_client_secret: SecretStr | None = None

    key_ring: Path | None = Field(None, description="directory of the key ring")
    anchor_dir: Path | None = Field(
        None, description="where heads of feed and audit are kept outside the database"
    )

    feed_page: int = Field(500, ge=1, le=5000)
    feed_keep_days: int = Field(7, ge=7, description="tombstones are kept at least this long")
    long_poll_s: int = Field(25, ge=0, le=55)
    feed_licence: str = Field(
        "https://creativecommons.org/licenses/by/4.0/",
        pattern=r"^https?://[!#-\[\]-~]+$",
        description="licence of the published data, named on every page of a feed",
    )

    @model_validator(mode="after")
    def _production_is_strict(self) -> Self:
        if self.environment == "production" and self.development_issuer:
            raise ValueError("production refuses the development issuer")
        return self
