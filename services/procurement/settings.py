"""What the procurement is told from outside, beyond what every service is told."""

from typing import Final

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from common.settings import ServiceSettings

OF_EXAMPLES: Final = "ocds-213czf"
LOCAL_PREFIX: Final = "local-000000"  # no `ocds-`: nobody takes it for a registered one


class Settings(ServiceSettings):
    """Settings of the procurement, from `PROCUREMENT_*`."""

    model_config = SettingsConfigDict(env_prefix="PROCUREMENT_", frozen=True, extra="ignore")

    publisher_name: str = Field("邻里 Linli", description="publisher named in OCDS packages")
    ocid_prefix: str | None = Field(
        None,
        pattern=r"^ocds-[a-z0-9]{6}$",
        description="OCID prefix that the publisher registered; production prepares no purchase"
        " without it",
    )

    @field_validator("ocid_prefix")
    @classmethod
    def _is_registered(cls, value: str | None) -> str | None:
        if value == OF_EXAMPLES:
            raise ValueError(f"{OF_EXAMPLES} is the prefix of the standard's examples")
        return value
