"""What the procurement is told from outside, beyond what every service is told."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from common.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the procurement, from `PROCUREMENT_*`."""

    model_config = SettingsConfigDict(env_prefix="PROCUREMENT_", frozen=True, extra="ignore")

    publisher_name: str = Field("邻里 Linli", description="publisher named in OCDS packages")
    ocid_prefix: str = Field(
        "ocds-213czf",
        pattern=r"^ocds-[a-z0-9]{6}$",
        description="registered OCDS prefix of the publisher; the default is that of examples",
    )
