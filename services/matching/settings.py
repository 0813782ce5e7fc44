"""What the matching is told from outside, beyond what every service is told."""

from pydantic import Field, HttpUrl
from pydantic_settings import SettingsConfigDict

from common.clients.walking import RouterKind
from common.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the matching, from `MATCHING_*`. Without procurement every provider is new."""

    model_config = SettingsConfigDict(env_prefix="MATCHING_", frozen=True, extra="ignore")

    router_url: HttpUrl | None = Field(
        None, description="address of a walking router; unset: the straight line, lengthened"
    )
    router_kind: RouterKind = RouterKind.OSRM
