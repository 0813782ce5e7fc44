"""Imports: the job, its file in parts of 1 MB, and its errors. The job is the root of all three.

Files and errors go after some days; the job stays as a record of who imported what.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.imports import FileFormat, ImportMode, ImportState, TableKind
from common.ids import uuid7
from registry.tables.base import Base, one_of


class ImportJob(Base):
    """One file to be imported, and how far it is. Position and effect commit together."""

    __tablename__ = "import_job"
    __table_args__ = (
        one_of("kind", TableKind),
        one_of("format", FileFormat),
        one_of("mode", ImportMode),
        one_of("state", ImportState),
        CheckConstraint(
            "(state IN ('queued', 'running')) = (finished_at IS NULL)", name="finished_at"
        ),
        Index(
            "ix_import_job_open",
            "created_at",
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
        Index("ix_import_job_owner", "owner", "id"),
        Index("ix_import_job_area", "area", "id", postgresql_ops={"area": "text_pattern_ops"}),
        Index("ix_import_job_purge_at", "purge_at", postgresql_where=text("purge_at IS NOT NULL")),
        {"comment": "导入任务"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[str] = mapped_column(comment="表的种类")
    file_name: Mapped[str] = mapped_column(comment="上传时的文件名，仅供显示")
    format: Mapped[str] = mapped_column(comment="xlsx 或 csv，按内容判定")
    file_bytes: Mapped[int] = mapped_column(BigInteger, comment="文件大小，字节")
    mode: Mapped[str] = mapped_column(comment="保留正确行，或全部成功才导入")
    dry_run: Mapped[bool] = mapped_column(comment="试运行，不写入")
    loose: Mapped[bool] = mapped_column(comment="忽略未知的列")
    actor: Mapped[dict[str, Any]] = mapped_column(
        JSONB, comment="提交人及其角色、辖区、条线；导入以其名义进行"
    )
    owner: Mapped[str] = mapped_column(comment="提交人：issuer|subject")
    area: Mapped[str | None] = mapped_column(comment="提交人辖区的有效位前缀")
    request_id: Mapped[str] = mapped_column(comment="上传请求的编号，写入审计")
    state: Mapped[str] = mapped_column(comment="排队、进行、完成、失败、取消")
    cancel: Mapped[bool] = mapped_column(default=False, comment="已请求取消")
    lease: Mapped[UUID | None] = mapped_column(comment="正在办理的进程")
    lease_until: Mapped[datetime | None] = mapped_column(comment="租约到期后他人可接手")
    attempts: Mapped[int] = mapped_column(default=0, comment="读写进程意外终止的次数")
    position: Mapped[int] = mapped_column(default=0, comment="已处理至文件第几行")
    rows_read: Mapped[int] = mapped_column(default=0, comment="已读数据行数")
    rows_inserted: Mapped[int] = mapped_column(default=0, comment="新增行数")
    rows_updated: Mapped[int] = mapped_column(default=0, comment="更新行数")
    rows_unchanged: Mapped[int] = mapped_column(default=0, comment="与现状相同的行数")
    rows_failed: Mapped[int] = mapped_column(default=0, comment="有误的行数")
    errors_kept: Mapped[int] = mapped_column(default=0, comment="留存的错误条数")
    share: Mapped[float] = mapped_column(default=0.0, comment="已读的比例 0–1，按字节")
    sheet: Mapped[str | None] = mapped_column(comment="读取的工作表")
    unread_sheets: Mapped[list[str]] = mapped_column(JSONB, comment="未读取的工作表")
    problem: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="整个文件的错误"
    )
    created_at: Mapped[datetime] = mapped_column(comment="提交时间")
    started_at: Mapped[datetime | None] = mapped_column(comment="开始时间")
    finished_at: Mapped[datetime | None] = mapped_column(comment="结束时间")
    purge_at: Mapped[datetime | None] = mapped_column(comment="文件与错误清除时间；已清除为空")


class ImportPart(Base):
    """A part of the uploaded file."""

    __tablename__ = "import_part"
    __table_args__ = ({"comment": "导入文件的分段（1 MB）"},)

    job_id: Mapped[UUID] = mapped_column(
        ForeignKey("import_job.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, comment="段号，自 0")
    content: Mapped[bytes] = mapped_column(LargeBinary, comment="内容，不再压缩（EXTERNAL）")


class ImportRowError(Base):
    """One fault of one row."""

    __tablename__ = "import_row_error"
    __table_args__ = ({"comment": "导入文件中有误的单元格"},)

    job_id: Mapped[UUID] = mapped_column(
        ForeignKey("import_job.id", ondelete="CASCADE"), primary_key=True
    )
    row: Mapped[int] = mapped_column(primary_key=True, comment="行号")
    place: Mapped[int] = mapped_column(primary_key=True, comment="列号，自 0；-1 为整行")
    heading: Mapped[str] = mapped_column(comment="列名")
    value: Mapped[str] = mapped_column(comment="原值，至多 200 字")
    slug: Mapped[str] = mapped_column(comment="错误标识")
    message_zh: Mapped[str] = mapped_column(comment="说明")
    message_en: Mapped[str] = mapped_column(comment="说明（英文）")
    remedy_zh: Mapped[str] = mapped_column(comment="改正办法")
    remedy_en: Mapped[str] = mapped_column(comment="改正办法（英文）")
