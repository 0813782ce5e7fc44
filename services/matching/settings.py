"""What the matching is told from outside, beyond what every service is told."""

from pydantic import Field, HttpUrl
from pydantic_settings import SettingsConfigDict

from common.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the matching, from `MATCHING_*`."""

    model_config = SettingsConfigDict(env_prefix="MATCHING_", frozen=True, extra="ignore")

    registry_url: HttpUrl | None = Field(
        None, description="internal address of the registry; unset: its feeds are not followed"
    )
    procurement_url: HttpUrl | None = Field(
        None, description="address of procurement; unset: every provider counts as new"
    )
