"""Cases 诉求工单: what was raised, who answers, what the clocks say, every step that happened.

The case is the root: contact, steps, clocks and escalations carry its id first in their keys.
"""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.feedback import CaseKind, CaseStatus
from common.contracts.feedback_cases import CaseChannel, ClockReason, HandOver
from common.records import one_of
from feedback.tables.base import Base, Record

_OPEN: Final = "closed_at IS NULL"


class Case(Record):
    """One complaint, suggestion, request for help, or question."""

    __tablename__ = "case_order"
    __table_args__ = (
        one_of("kind", CaseKind),
        one_of("status", CaseStatus),
        one_of("channel", CaseChannel),
        one_of("handed_over_to", HandOver),
        one_of("boundary", HandOver),
        UniqueConstraint("number"),
        CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="point_is_whole"),
        CheckConstraint("(lon IS NULL) = (cell IS NULL)", name="point_has_cell"),
        CheckConstraint(
            "(status = 'duplicate') = (duplicate_of_id IS NOT NULL)", name="duplicate_of_something"
        ),
        CheckConstraint("duplicate_of_id <> id", name="no_duplicate_of_itself"),
        CheckConstraint(
            "(status = 'handed_over') = (handed_over_to IS NOT NULL)",
            name="handed_over_to_somebody",
        ),
        CheckConstraint(
            "(first_answered_at IS NULL) = (is_answered_in_time IS NULL)",
            name="first_answer_is_in_time_or_late",
        ),
        CheckConstraint("escalation_level >= 0", name="escalation_level"),
        CheckConstraint(
            "escalates_at IS NULL OR status IN ('received', 'accepted', 'in_progress', 'reopened')",
            name="only_a_running_clock_escalates",
        ),
        Index("uq_case_order_hotline_number", "hotline_number", unique=True),
        Index("ix_case_order_area", "area_code", "id"),
        Index("ix_case_order_status", "status", "area_code", "id"),
        Index("ix_case_order_received", "received_at", "id"),
        Index("ix_case_order_category", "category", "received_at", "id"),
        Index("ix_case_order_open", "line", "area_code", "id", postgresql_where=_OPEN),
        Index(
            "ix_case_order_overdue",
            *("area_code", "id"),
            postgresql_where=f"escalation_level > 0 AND {_OPEN}",
        ),
        Index(
            "ix_case_order_uncontacted",
            *("area_code", "id"),
            postgresql_where=f"accepted_at IS NULL AND {_OPEN}",
        ),
        Index(
            "ix_case_order_undecided",
            *("area_code", "id"),
            postgresql_where="boundary IS NOT NULL AND handed_over_to IS NULL",
        ),
        Index("ix_case_order_send_back", "area_code", "id", postgresql_where="is_send_back_asked"),
        Index(
            "ix_case_order_body",
            *("responsible_body_id", "id"),
            postgresql_where="responsible_body_id IS NOT NULL",
        ),
        Index("ix_case_order_resident", "resident", "id", postgresql_where="resident IS NOT NULL"),
        Index("ix_case_order_cell", "cell", "id", postgresql_where="cell IS NOT NULL"),
        Index(
            "ix_case_order_duplicate_of",
            "duplicate_of_id",
            postgresql_where="duplicate_of_id IS NOT NULL",
        ),
        Index(
            "ix_case_order_unheard",
            text("greatest(answered_at, fixed_at)"),
            postgresql_where=_OPEN,
        ),
        Index(
            "ix_case_order_escalates", "escalates_at", postgresql_where="escalates_at IS NOT NULL"
        ),
        CheckConstraint(
            "contact_escalation_level BETWEEN 0 AND 3", name="contact_escalation_level"
        ),
        Index(
            "ix_case_order_contact_late",
            text("coalesce(contact_escalates_at, contact_due_at)"),
            postgresql_where=f"accepted_at IS NULL AND {_OPEN} AND contact_escalation_level < 3",
        ),
        {"comment": "诉求工单：投诉、建议、求助、咨询"},
    )

    number: Mapped[str] = mapped_column(comment="工单编号，可告知居民")
    resident: Mapped[str | None] = mapped_column(comment="居民化名（用途 cases），无账号为空")
    kind: Mapped[str] = mapped_column(comment="种类")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    line: Mapped[str] = mapped_column(comment="条线，字典 department_line")
    area_code: Mapped[str] = mapped_column(comment="事发地居村或街镇 12 位代码")
    channel: Mapped[str] = mapped_column(comment="来源渠道")
    status: Mapped[str] = mapped_column(comment="状态")
    words: Mapped[str] = mapped_column(comment="诉求内容，密文")
    public_words: Mapped[str | None] = mapped_column(comment="经审核公开的内容")
    lon: Mapped[float | None] = mapped_column(comment="经度，WGS-84，度")
    lat: Mapped[float | None] = mapped_column(comment="纬度，WGS-84，度")
    cell: Mapped[int | None] = mapped_column(BigInteger, comment="所在方格，查重用")
    offering_id: Mapped[UUID | None] = mapped_column(comment="所指的服务")
    provider_id: Mapped[UUID | None] = mapped_column(comment="所指服务的承接机构")
    venue_id: Mapped[UUID | None] = mapped_column(comment="所指的载体")
    contract_id: Mapped[UUID | None] = mapped_column(comment="所指服务的合同")
    service_item_id: Mapped[UUID | None] = mapped_column(comment="分派所依的事项")
    responsible_body_id: Mapped[UUID | None] = mapped_column(comment="责任单位；空为待人工分派")
    routed_by: Mapped[str] = mapped_column(comment="分派依据")
    boundary: Mapped[str | None] = mapped_column(comment="疑似不予受理的事项，由人判定")
    boundary_word: Mapped[str | None] = mapped_column(comment="识别所依的词")
    boundary_rule: Mapped[str | None] = mapped_column(comment="识别所依的规则编号")
    hotline_number: Mapped[str | None] = mapped_column(comment="12345 工单号，时限以其为准")
    duplicate_of_id: Mapped[UUID | None] = mapped_column(comment="并入的工单")
    handed_over_to: Mapped[str | None] = mapped_column(comment="移交渠道")
    is_upheld: Mapped[bool | None] = mapped_column(comment="是否属实；未定为空")
    is_send_back_asked: Mapped[bool] = mapped_column(default=False, comment="退单待批")
    send_backs: Mapped[int] = mapped_column(SmallInteger, default=0, comment="退单次数")
    routed_at: Mapped[datetime] = mapped_column(
        server_default=func.now(), comment="现责任单位被指定的时间，退单时限由此起算"
    )
    extensions: Mapped[int] = mapped_column(SmallInteger, default=0, comment="延期次数")
    escalation_level: Mapped[int] = mapped_column(SmallInteger, default=0, comment="升级层级")
    received_at: Mapped[datetime] = mapped_column(comment="收到时间")
    contact_due_at: Mapped[datetime] = mapped_column(comment="先行联系期限")
    is_contact_provisional: Mapped[bool] = mapped_column(
        server_default=false(), comment="先行联系期限超出已公布日历，暂计"
    )
    contact_escalation_level: Mapped[int] = mapped_column(
        SmallInteger, default=0, server_default="0", comment="先行联系逾期的上报层级"
    )
    contact_escalates_at: Mapped[datetime | None] = mapped_column(
        comment="先行联系下一次上报的时间；空为期限届满时"
    )
    clock: Mapped[int] = mapped_column(SmallInteger, default=1, comment="现行时限的序号")
    clock_started_on: Mapped[date] = mapped_column(comment="现行时限起算日，不计当日")
    clock_days: Mapped[int | None] = mapped_column(SmallInteger, comment="工作日数；12345 定的为空")
    due_at: Mapped[datetime] = mapped_column(comment="办结期限")
    is_due_provisional: Mapped[bool] = mapped_column(comment="期限超出已公布日历，暂计")
    deadline_rule: Mapped[str] = mapped_column(comment="期限依据的规则编号")
    escalates_at: Mapped[datetime | None] = mapped_column(comment="下一次升级的时间")
    accepted_at: Mapped[datetime | None] = mapped_column(comment="先行联系时间")
    extended_at: Mapped[datetime | None] = mapped_column(comment="延期时间")
    paused_at: Mapped[datetime | None] = mapped_column(comment="中止起始时间")
    answered_at: Mapped[datetime | None] = mapped_column(comment="答复时间")
    first_answered_at: Mapped[datetime | None] = mapped_column(comment="首次答复时间，重开不改")
    is_answered_in_time: Mapped[bool | None] = mapped_column(comment="首次答复是否在其期限内")
    fixed_at: Mapped[datetime | None] = mapped_column(comment="办理单位称已解决的时间")
    confirmed_at: Mapped[datetime | None] = mapped_column(comment="居民确认时间")
    reopened_at: Mapped[datetime | None] = mapped_column(comment="重开时间")
    overdue_at: Mapped[datetime | None] = mapped_column(comment="首次超期时间")
    escalated_at: Mapped[datetime | None] = mapped_column(comment="最近一次升级时间")
    handed_over_at: Mapped[datetime | None] = mapped_column(comment="移交时间")
    withdrawn_at: Mapped[datetime | None] = mapped_column(comment="撤回时间")
    closed_at: Mapped[datetime | None] = mapped_column(comment="办结时间")


class CaseContact(Base):
    """How to reach who raised a case; no row for who stays anonymous."""

    __tablename__ = "case_contact"
    __table_args__ = (
        Index("ix_case_contact_phone_index", "phone_index"),
        {"comment": "诉求人联系方式：密文，办结后按期清除"},
    )

    case_id: Mapped[UUID] = mapped_column(
        ForeignKey("case_order.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str | None] = mapped_column(comment="姓名，密文")
    phone: Mapped[str | None] = mapped_column(comment="电话，密文")
    address: Mapped[str | None] = mapped_column(comment="地址，密文")
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary, comment="电话盲索引")


class CaseStep(Base):
    """One step of a case. Its number is the version that the step made."""

    __tablename__ = "case_step"
    __table_args__ = (
        one_of("status", CaseStatus),
        Index("ix_case_step_at", "at", "case_id", "seq"),
        {"comment": "工单的每一步，只增不改"},
    )

    case_id: Mapped[UUID] = mapped_column(
        ForeignKey("case_order.id", ondelete="CASCADE"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="版本号")
    at: Mapped[datetime] = mapped_column(comment="时间")
    action: Mapped[str] = mapped_column(comment="动作")
    status: Mapped[str] = mapped_column(comment="此后的状态")
    by: Mapped[str | None] = mapped_column(comment="工作人员；居民为空")
    words: Mapped[str | None] = mapped_column(comment="说明或答复，密文")
    is_shared: Mapped[bool] = mapped_column(comment="说明是否告知居民")
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="此步的要点，无个人信息")


class CaseClock(Base):
    """One setting of a deadline; the newest is the one that counts."""

    __tablename__ = "case_clock"
    __table_args__ = (
        one_of("reason", ClockReason),
        {"comment": "时限的每次设定：依据、理由、批准人"},
    )

    case_id: Mapped[UUID] = mapped_column(
        ForeignKey("case_order.id", ondelete="CASCADE"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(comment="设定时间")
    reason: Mapped[str] = mapped_column(comment="何以设定")
    started_on: Mapped[date] = mapped_column(comment="起算日，不计当日")
    days: Mapped[int | None] = mapped_column(SmallInteger, comment="工作日数；12345 定的为空")
    due_at: Mapped[datetime] = mapped_column(comment="期限")
    is_provisional: Mapped[bool] = mapped_column(comment="超出已公布日历，暂计")
    rule: Mapped[str] = mapped_column(comment="依据的规则编号")
    by: Mapped[str | None] = mapped_column(comment="批准人")
    words: Mapped[str | None] = mapped_column(comment="理由")


class CaseEscalation(Base):
    """One step of the ladder: once for each setting of the clock and level."""

    __tablename__ = "case_escalation"
    __table_args__ = (
        CheckConstraint("level >= 1", name="level"),
        {"comment": "升级：每个时限每个层级至多一次"},
    )

    case_id: Mapped[UUID] = mapped_column(
        ForeignKey("case_order.id", ondelete="CASCADE"), primary_key=True
    )
    clock: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(comment="升级时间")
