"""Words of attachments 附件: what they are by their bytes, never by what they say they are."""

from uuid import UUID

from pydantic import Field

from common.contracts.base import Instant, Model


class Attachment(Model):
    """A file of a case; its content is read by its own address."""

    id: UUID
    case_id: UUID
    name: str
    media_type: str = Field(description="按内容识别，不看声明 / by the bytes, not by the claim")
    size: int = Field(description="字节 / bytes")
    sm3: str = Field(description="内容摘要，十六进制 / SM3 of the content, hexadecimal")
    uploaded_at: Instant
