"""Bundles 资源组团 and what they hold: one operator at a time for every offering and venue."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.bundles import BundleStatus, MemberKind
from common.ids import uuid7
from registry.tables.base import Base, Record, forward, one_of

_ONE = " + ".join(f"({kind}_id IS NOT NULL)::int" for kind in MemberKind)


class Bundle(Record):
    """Resources that are run together."""

    __tablename__ = "bundle"
    __table_args__ = (
        one_of("status", BundleStatus),
        UniqueConstraint("code"),
        forward(),
        CheckConstraint(
            "status = 'draft' OR (started_at IS NOT NULL AND operator_id IS NOT NULL)",
            name="running_has_an_operator",
        ),
        CheckConstraint(
            "(status = 'ended') = (ended_at IS NOT NULL AND end_reason IS NOT NULL)",
            name="ended_says_why",
        ),
        Index("ix_bundle_area_code", "area_code", "id"),
        Index("ix_bundle_area_id", "area_id"),
        Index("ix_bundle_operator_id", "operator_id"),
        {"comment": "资源组团：一并运营的服务、载体、项目与资金"},
    )

    code: Mapped[str | None] = mapped_column(comment="外部编码")
    title: Mapped[str] = mapped_column(comment="组团名称")
    purpose: Mapped[str] = mapped_column(comment="组团目的")
    operator_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisation.id"), comment="运营单位"
    )
    area_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), comment="所在区划")
    area_code: Mapped[str] = mapped_column(comment="所在区划 12 位代码，数据范围以此为准")
    valid_from: Mapped[date] = mapped_column(comment="起始日期")
    valid_to: Mapped[date | None] = mapped_column(comment="终止日期，不含当日")
    status: Mapped[str] = mapped_column(comment="状态：拟订、运营中、已结束")
    started_at: Mapped[datetime | None] = mapped_column(comment="开始运营时间")
    ended_at: Mapped[datetime | None] = mapped_column(comment="结束时间")
    end_reason: Mapped[str | None] = mapped_column(comment="结束原因")


class BundleMember(Base):
    """One thing in a bundle."""

    __tablename__ = "bundle_member"
    __table_args__ = (
        CheckConstraint(f"{_ONE} = 1", name="one_thing"),
        Index(
            "uq_bundle_member_offering_once",
            "offering_id",
            unique=True,
            postgresql_where=text("is_running"),
        ),
        Index(
            "uq_bundle_member_venue_once",
            "venue_id",
            unique=True,
            postgresql_where=text("is_running"),
        ),
        Index("ix_bundle_member_person_id", "person_id"),
        {"comment": "组团成员；运营中的服务与载体只在一个组团内"},
    )

    bundle_id: Mapped[UUID] = mapped_column(
        ForeignKey("bundle.id"), primary_key=True, comment="组团"
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    # No foreign keys: these are spread over nodes by their own id, and none is ever deleted.
    offering_id: Mapped[UUID | None] = mapped_column(comment="服务")
    venue_id: Mapped[UUID | None] = mapped_column(comment="载体")
    fund_id: Mapped[UUID | None] = mapped_column(comment="资金")
    programme_id: Mapped[UUID | None] = mapped_column(comment="项目")
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), comment="人员，不对外")
    is_running: Mapped[bool] = mapped_column(comment="组团是否运营中，抄自组团")
