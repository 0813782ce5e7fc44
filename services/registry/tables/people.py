"""People 人员: name, telephone and certificate number are sealed field by field."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.people import HoursKind, PersonKind, PersonStatus, Qualification
from common.ids import uuid7
from registry.tables.base import Base, Record, one_of


class Person(Record):
    """A social worker, somebody of the staff, a volunteer."""

    __tablename__ = "person"
    __table_args__ = (
        one_of("kind", PersonKind),
        UniqueConstraint("code"),
        one_of("status", PersonStatus),
        one_of("qualification", Qualification),
        CheckConstraint(
            "(qualification IS NULL) = (certificate_number IS NULL)"
            " AND (qualification IS NULL) = (qualified_from IS NULL)"
            " AND (qualification IS NULL) = (qualified_to IS NULL)",
            name="qualification_is_whole",
        ),
        CheckConstraint("qualified_to >= qualified_from", name="registration_runs_forward"),
        CheckConstraint("status <> 'left' OR phone IS NULL", name="left_forgets_the_phone"),
        Index("ix_person_area_code", "area_code", "id"),
        Index("ix_person_area_id", "area_id"),
        Index("ix_person_organisation_id", "organisation_id"),
        {"comment": "人员：社工、工作人员、志愿者"},
    )

    code: Mapped[str | None] = mapped_column(comment="工号，本单位自定")
    kind: Mapped[str] = mapped_column(comment="种类：社会工作者、工作人员、志愿者")
    name: Mapped[str] = mapped_column(comment="姓名，加密")
    phone: Mapped[str | None] = mapped_column(comment="电话，加密")
    organisation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisation.id"), comment="所在机构"
    )
    # No foreign key: venues are spread over nodes by their own id, and none is ever deleted.
    venue_id: Mapped[UUID | None] = mapped_column(comment="所在载体")
    area_id: Mapped[UUID] = mapped_column(ForeignKey("area.id"), comment="所在区划")
    area_code: Mapped[str] = mapped_column(comment="所在区划 12 位代码，数据范围以此为准")
    line: Mapped[str] = mapped_column(comment="条线，字典 department_line")
    qualification: Mapped[str | None] = mapped_column(comment="社会工作者职业资格")
    certificate_number: Mapped[str | None] = mapped_column(comment="证书编号，加密")
    qualified_from: Mapped[date | None] = mapped_column(comment="登记有效期起")
    qualified_to: Mapped[date | None] = mapped_column(comment="登记有效期止，含当日")
    grade: Mapped[str | None] = mapped_column(comment="现职级代码，由定级写入")
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="语言，BCP 47")
    skills: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="擅长的服务类别")
    status: Mapped[str] = mapped_column(comment="状态：在任、离任")


class PersonHour(Base):
    """Hours of a day: learnt, or given. Never deleted, withdrawn at most."""

    __tablename__ = "person_hour"
    __table_args__ = (
        one_of("kind", HoursKind),
        CheckConstraint("hours > 0", name="hours"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn_by_somebody"
        ),
        Index("ix_person_hour_on", "person_id", "kind", "on"),
        {"comment": "继续教育学时与志愿服务时长"},
    )

    person_id: Mapped[UUID] = mapped_column(
        ForeignKey("person.id"), primary_key=True, comment="人员"
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[str] = mapped_column(comment="继续教育或志愿服务")
    on: Mapped[date] = mapped_column(comment="日期")
    hours: Mapped[float] = mapped_column(Double, comment="小时（学时）")
    title: Mapped[str] = mapped_column(comment="课程或活动")
    recorded_at: Mapped[datetime] = mapped_column(comment="登记时间")
    recorded_by: Mapped[str] = mapped_column(comment="登记人")
    withdrawn_at: Mapped[datetime | None] = mapped_column(comment="撤回时间；误登，不再计入")
    withdrawn_by: Mapped[str | None] = mapped_column(comment="撤回人")
