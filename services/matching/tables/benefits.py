"""Benefits 给付: who has what from whom, so that nobody is granted the same twice unawares."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matching.tables.base import Record


class Benefit(Record):
    """One kind of benefit from one source, for a time; the person is a keyed index only."""

    __tablename__ = "benefit"
    __table_args__ = (
        ExcludeConstraint(
            ("person", "="),
            ("kind", "="),
            (text("daterange(from_on, to_on, '[]')"), "&&"),
            where=text("NOT is_despite AND voided_at IS NULL"),
            name="ex_benefit_once",
        ),
        CheckConstraint("to_on >= from_on", name="to_on"),
        Index("ix_benefit_person", "person"),
        Index("ix_benefit_area_code", "area_code", "id"),
        {"comment": "给付：用于核对重复，个人仅以盲索引出现"},
    )

    person: Mapped[bytes] = mapped_column(LargeBinary, comment="身份证号盲索引，不可还原")
    kind: Mapped[str] = mapped_column(comment="给付种类")
    source: Mapped[str] = mapped_column(comment="字典 funding_source")
    area_code: Mapped[str] = mapped_column(comment="给付单位所在区划")
    line: Mapped[str] = mapped_column(comment="条线")
    amount_fen: Mapped[int] = mapped_column(BigInteger, comment="金额，分")
    from_on: Mapped[date] = mapped_column(comment="起始日期")
    to_on: Mapped[date | None] = mapped_column(comment="末日，含；空为长期")
    need_id: Mapped[UUID | None] = mapped_column(comment="所答复的需求")
    is_despite: Mapped[bool] = mapped_column(comment="经说明理由的并行给付")
    granted_at: Mapped[datetime] = mapped_column(comment="登记时间")
    voided_at: Mapped[datetime | None] = mapped_column(comment="作废时间：登记有误，不再计入核对")
