"""What the procurement is told from outside, beyond what every service is told."""

from pydantic_settings import SettingsConfigDict

from common.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the procurement, from `PROCUREMENT_*`."""

    model_config = SettingsConfigDict(env_prefix="PROCUREMENT_", frozen=True, extra="ignore")
