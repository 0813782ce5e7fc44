"""Files of cases: sealed, kept here or in a directory, known by their digest."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from feedback.tables.base import Base


class Attachment(Base):
    """One file of a case."""

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("(content IS NULL) = (path IS NOT NULL)", name="kept_in_one_place"),
        {"comment": "附件：密文，存库或存目录"},
    )

    case_id: Mapped[UUID] = mapped_column(
        ForeignKey("case_order.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(comment="文件名，密文")
    media_type: Mapped[str] = mapped_column(comment="按内容识别的类型")
    size: Mapped[int] = mapped_column(comment="字节")
    sm3: Mapped[str] = mapped_column(comment="明文摘要，十六进制")
    content: Mapped[bytes | None] = mapped_column(LargeBinary, comment="密文；存目录时为空")
    path: Mapped[str | None] = mapped_column(comment="目录中的文件名；存库时为空")
    uploaded_at: Mapped[datetime] = mapped_column(comment="上传时间")
    uploaded_by: Mapped[str | None] = mapped_column(comment="工作人员；居民为空")
