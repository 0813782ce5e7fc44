"""What the feedback is told from outside, beyond what every service is told."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from common.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the feedback, from `FEEDBACK_*`."""

    model_config = SettingsConfigDict(env_prefix="FEEDBACK_", frozen=True, extra="ignore")

    open311_jurisdiction: str = Field("310000", description="jurisdiction_id of the Open311 face")
    open311_contact: str = Field(
        "12345", description="whom Open311's discovery names for questions"
    )
    attachment_dir: Path | None = Field(
        None, description="directory of attachments, shared by all copies; unset: in the database"
    )
