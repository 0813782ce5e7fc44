"""Purchases 采购过程 from intention to announcement, and what belongs to their documents.

A purchase is the aggregate; the keys of its children begin with its id.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    SmallInteger,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.procurement_tenders import (
    BoughtObject,
    CriterionKind,
    FrameworkForm,
    LooksAt,
    SecondStage,
    SingleSourceGround,
    TenderStep,
)
from common.contracts.vocabulary import PurchaseMethod, SmallFirmReserve
from common.ids import uuid7
from common.records import one_of
from procurement.tables.base import Base, Record

_DECIDED = "step IN ('awarded', 'announced')"


class Tender(Record):
    """One purchase. What bids are there stands nowhere in this row before the opening."""

    __tablename__ = "tender"
    __table_args__ = (
        one_of("method", PurchaseMethod),
        one_of("object", BoughtObject),
        one_of("step", TenderStep),
        one_of("framework_form", FrameworkForm),
        one_of("second_stage", SecondStage),
        one_of("single_source_ground", SingleSourceGround),
        one_of("small_firm_reserve", SmallFirmReserve),
        UniqueConstraint("ocid"),
        CheckConstraint("value_fen > 0 AND ceiling_fen <= value_fen", name="money"),
        CheckConstraint(
            f"NOT ({_DECIDED}) OR (conforming >= suppliers_least AND suppliers_least >= 1)",
            name="enough_bids",
        ),
        CheckConstraint(
            "opened_at IS NOT NULL OR (tenderers IS NULL AND conforming IS NULL)",
            name="sealed_until_opened",
        ),
        CheckConstraint(
            "tender_period_start_at < tender_period_end_at"
            " AND enquiry_period_end_at <= tender_period_end_at"
            " AND tender_period_end_at < reveal_period_end_at",
            name="periods",
        ),
        CheckConstraint(
            "step IN ('planning', 'intended', 'cancelled') OR notice_at IS NOT NULL",
            name="noticed",
        ),
        CheckConstraint(
            "(step = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_has_time"
        ),
        Index(
            "ix_tender_original_contract_id",
            "original_contract_id",
            postgresql_where="original_contract_id IS NOT NULL",
        ),
        Index("ix_tender_area_code", "area_code", "id"),
        Index("ix_tender_step", "step", "id"),
        Index("ix_tender_buyer_id", "buyer_id", "id"),
        Index("ix_tender_category", "category", "id"),
        Index("ix_tender_category_step", "category", "step", "id"),
        Index("ix_tender_framework_id", "framework_id", "id"),
        Index("ix_tender_agenda_item_id", "agenda_item_id"),
        Index(
            "ix_tender_top_up_of_id", "top_up_of_id", postgresql_where="top_up_of_id IS NOT NULL"
        ),
        CheckConstraint(
            "(top_up_of_id IS NULL) = (top_up_reason IS NULL)", name="top_up_has_a_reason"
        ),
        CheckConstraint(
            "(failed_tender_id IS NULL) = (failed_ocid IS NULL) AND (failed_tender_id IS NULL"
            " OR (method = 'negotiation' AND approval_number IS NOT NULL))",
            name="second_try_is_approved",
        ),
        Index(
            "uq_tender_failed_tender_id",
            "failed_tender_id",
            unique=True,
            postgresql_where="step NOT IN ('cancelled', 'unsuccessful')",
        ),
        {"comment": "采购过程：自采购意向至结果公告"},
    )

    ocid: Mapped[str] = mapped_column(comment="OCDS 采购过程编号")
    title: Mapped[str] = mapped_column(comment="名称")
    description: Mapped[str] = mapped_column(comment="采购需求概要")
    method: Mapped[str] = mapped_column(comment="采购方式")
    object: Mapped[str] = mapped_column(comment="服务或货物")
    contents: Mapped[list[str]] = mapped_column(JSONB, comment="所含内容，对照负面清单")
    category: Mapped[str] = mapped_column(comment="字典 service_category，对照指导性目录")
    buyer_id: Mapped[UUID] = mapped_column(comment="购买主体")
    area_code: Mapped[str] = mapped_column(comment="所在区划")
    value_fen: Mapped[int] = mapped_column(BigInteger, comment="预算，分")
    ceiling_fen: Mapped[int | None] = mapped_column(BigInteger, comment="最高限价，分")
    agenda_item_id: Mapped[UUID | None] = mapped_column(comment="居民议题；空为部门提出")
    framework_id: Mapped[UUID | None] = mapped_column(comment="所属框架协议第一阶段")
    framework_ocid: Mapped[str | None] = mapped_column(comment="所属框架协议的 OCDS 编号")
    top_up_of_id: Mapped[UUID | None] = mapped_column(comment="补充征集所补的框架协议")
    top_up_reason: Mapped[str | None] = mapped_column(comment="补充征集的理由，公开")
    failed_tender_id: Mapped[UUID | None] = mapped_column(comment="只剩两家而废标的原公开招标")
    failed_ocid: Mapped[str | None] = mapped_column(comment="原公开招标的 OCDS 编号")
    framework_form: Mapped[str | None] = mapped_column(comment="框架协议形式")
    second_stage: Mapped[str | None] = mapped_column(comment="第二阶段方式")
    framework_ends_on: Mapped[date | None] = mapped_column(comment="框架协议末日，含")
    single_source_ground: Mapped[str | None] = mapped_column(comment="单一来源理由")
    original_contract_fen: Mapped[int | None] = mapped_column(BigInteger, comment="原合同，分")
    original_contract_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("contract.id", use_alter=True), comment="添购的原合同"
    )
    approval_number: Mapped[str | None] = mapped_column(comment="采用非公开招标方式的批准文号")
    is_conducted_elsewhere: Mapped[bool] = mapped_column(comment="在法定平台进行")
    is_price_fixed: Mapped[bool] = mapped_column(comment="固定价格，价格不评分")
    price_weight: Mapped[Decimal] = mapped_column(Numeric(5, 4), comment="价格分权重 0–1")
    small_firm_deduction: Mapped[Decimal | None] = mapped_column(
        Numeric(5, 4), comment="小微企业价格扣除比例"
    )
    small_firm_reserve: Mapped[str | None] = mapped_column(comment="中小企业预留，或不预留的情形")
    consortium_deduction: Mapped[Decimal | None] = mapped_column(
        Numeric(5, 4), comment="联合体或分包价格扣除比例"
    )
    survey: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="需求调查")
    step: Mapped[str] = mapped_column(comment="所处步骤")
    stage: Mapped[int] = mapped_column(SmallInteger, default=1, comment="1 首次响应，2 最后报价")
    round: Mapped[int] = mapped_column(SmallInteger, default=1, comment="第几次评审")
    rules: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, default=list, comment="公告时冻结的规则，此后规则变更不影响本过程"
    )
    suppliers_least: Mapped[int | None] = mapped_column(SmallInteger, comment="法定最少供应商数")
    intention_at: Mapped[datetime | None] = mapped_column(comment="采购意向公开时间")
    intention_waiver: Mapped[str | None] = mapped_column(comment="意向未按时公开的理由，公开")
    notice_at: Mapped[datetime | None] = mapped_column(comment="公告时间")
    tender_period_start_at: Mapped[datetime | None] = mapped_column(comment="响应起始")
    tender_period_end_at: Mapped[datetime | None] = mapped_column(comment="响应截止")
    enquiry_period_end_at: Mapped[datetime | None] = mapped_column(comment="提问截止")
    reveal_period_end_at: Mapped[datetime | None] = mapped_column(comment="解密窗口末")
    first_period_end_at: Mapped[datetime | None] = mapped_column(
        comment="首次响应截止；要求最后报价后才有"
    )
    opened_at: Mapped[datetime | None] = mapped_column(comment="开标时间")
    report_at: Mapped[datetime | None] = mapped_column(comment="评审报告时间")
    awarded_at: Mapped[datetime | None] = mapped_column(comment="确定成交时间")
    announced_at: Mapped[datetime | None] = mapped_column(comment="结果公告时间")
    challenged_at: Mapped[datetime | None] = mapped_column(comment="最近质疑时间")
    suspended_at: Mapped[datetime | None] = mapped_column(comment="暂停起始；未暂停为空")
    suspended_until_on: Mapped[date | None] = mapped_column(comment="暂停最晚日期")
    cancelled_at: Mapped[datetime | None] = mapped_column(comment="取消时间")
    failed_at: Mapped[datetime | None] = mapped_column(comment="废标时间")
    cancel_reason: Mapped[str | None] = mapped_column(comment="取消或废标原因代码")
    tenderers: Mapped[int | None] = mapped_column(comment="响应供应商数，开标后才有")
    conforming: Mapped[int | None] = mapped_column(comment="符合要求的供应商数")
    panel_commitment: Mapped[str | None] = mapped_column(comment="抽取种子的承诺，公告时公开")
    panel_seed: Mapped[str | None] = mapped_column(comment="抽取种子，加密；抽取后公开于记录")


class TenderCriterion(Base):
    """One published criterion, in its order."""

    __tablename__ = "tender_criterion"
    __table_args__ = (
        one_of("kind", CriterionKind),
        one_of("looks_at", LooksAt),
        {"comment": "资格条件与评审因素"},
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tender.id"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(comment="资格条件或评审因素")
    name: Mapped[str] = mapped_column(comment="名称")
    looks_at: Mapped[str] = mapped_column(comment="评审内容")
    indicator: Mapped[str] = mapped_column(comment="量化指标")
    unit: Mapped[str] = mapped_column(comment="单位")
    points: Mapped[Decimal] = mapped_column(Numeric(5, 2), comment="满分")
    bands: Mapped[list[dict[str, str]]] = mapped_column(JSONB, comment="分档：达到多少得多少分")


class TenderDocument(Base):
    """One document of the file, by its digest."""

    __tablename__ = "tender_document"
    __table_args__ = ({"comment": "采购文件与档案目录"},)

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tender.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[str] = mapped_column(comment="文件种类")
    title: Mapped[str] = mapped_column(comment="名称")
    address: Mapped[str | None] = mapped_column(comment="存放地址")
    digest: Mapped[str] = mapped_column(comment="SM3 摘要，十六进制")
    added_at: Mapped[datetime] = mapped_column(comment="入档时间")
    added_by: Mapped[str] = mapped_column(comment="入档人")


class TenderQuestion(Base):
    """A supplier's question; who asked is kept sealed."""

    __tablename__ = "tender_question"
    __table_args__ = ({"comment": "提问与答复"},)

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tender.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    text: Mapped[str] = mapped_column(comment="问题")
    asker: Mapped[str] = mapped_column(comment="提问供应商，加密")
    asked_at: Mapped[datetime] = mapped_column(comment="提问时间")
    answer: Mapped[str | None] = mapped_column(comment="答复，公开")
    answered_at: Mapped[datetime | None] = mapped_column(comment="答复时间")


class TenderAmendment(Base):
    """A change of the documents, and the deadline before and after it."""

    __tablename__ = "tender_amendment"
    __table_args__ = (
        CheckConstraint("period_end_after_at >= period_end_before_at", name="never_earlier"),
        {"comment": "澄清与修改"},
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tender.id"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(comment="内容")
    affects_bids: Mapped[bool] = mapped_column(comment="是否影响响应文件编制")
    made_at: Mapped[datetime] = mapped_column(comment="发布时间")
    period_end_before_at: Mapped[datetime] = mapped_column(comment="原截止时间")
    period_end_after_at: Mapped[datetime] = mapped_column(comment="现截止时间")


class TenderInvitation(Base):
    """A supplier that was asked, where not everybody may take part."""

    __tablename__ = "tender_invitation"
    __table_args__ = ({"comment": "受邀供应商"},)

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tender.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    invited_at: Mapped[datetime] = mapped_column(comment="邀请时间")
