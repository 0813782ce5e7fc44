"""Votes 票决. The roll says who voted, the urns what was chosen; no way leads across.

Neither has an id, a time or an order of its own. A trigger freezes a vote once it is published.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.feedback import CountingRule
from common.contracts.feedback_votes import (
    CardLoss,
    Credential,
    SheetStatus,
    VoteFailure,
    VoteStatus,
    VotingUnit,
)
from common.records import one_of
from feedback.tables.base import Base, Record


class Vote(Record):
    """Who decides about which money, by which rule, and what came of it."""

    __tablename__ = "vote"
    __table_args__ = (
        one_of("status", VoteStatus),
        one_of("unit", VotingUnit),
        one_of("credential", Credential),
        one_of("rule", CountingRule),
        one_of("failure", VoteFailure),
        UniqueConstraint("number"),
        CheckConstraint("closes_at > opens_at", name="closes_after_it_opens"),
        CheckConstraint("published_at < opens_at", name="published_before_it_opens"),
        CheckConstraint("counted_at >= closes_at", name="counted_after_it_closed"),
        CheckConstraint("ballots >= ballots_min", name="counted_when_enough"),
        CheckConstraint("pot_fen > 0 AND step_fen > 0", name="money"),
        CheckConstraint("cost_fen <= pot_fen", name="within_the_pot"),
        CheckConstraint("unit <> 'household' OR credential = 'card'", name="households_have_cards"),
        CheckConstraint(
            "(status = 'counted') = (counted_at IS NOT NULL AND ballots IS NOT NULL)",
            name="counted_is_told",
        ),
        CheckConstraint("(status = 'failed') = (failure IS NOT NULL)", name="failure_is_told"),
        CheckConstraint(
            "status <> 'counted' OR disputed_at IS NULL OR settled_at IS NOT NULL",
            name="not_counted_in_dispute",
        ),
        Index("ix_vote_area_code", "area_code", "id"),
        {"comment": "票决：在已批准资金内由居民决定买什么"},
    )

    number: Mapped[str] = mapped_column(comment="票决编号")
    status: Mapped[str] = mapped_column(comment="状态")
    title: Mapped[str] = mapped_column(comment="题目")
    area_code: Mapped[str] = mapped_column(comment="选民所在区划")
    unit: Mapped[str] = mapped_column(comment="一人一票或一户一票")
    credential: Mapped[str] = mapped_column(comment="投票凭据")
    electors: Mapped[int] = mapped_column(comment="应投票人数或户数")
    ballots_min: Mapped[int] = mapped_column(comment="有效票下限，少于此数无结果")
    choices_max: Mapped[int] = mapped_column(SmallInteger, comment="每票最多选几项")
    rule: Mapped[str] = mapped_column(comment="计票规则")
    step_fen: Mapped[int] = mapped_column(BigInteger, comment="逐元补足的步长，分")
    pot_fen: Mapped[int] = mapped_column(BigInteger, comment="已批准的资金，分")
    pot_total_fen: Mapped[int | None] = mapped_column(
        BigInteger, comment="批准文件的总额，分；空为 pot_fen"
    )
    pot_document: Mapped[str] = mapped_column(comment="批准文号")
    pot_approved_by_id: Mapped[UUID] = mapped_column(Uuid, comment="批准机构")
    pot_approved_on: Mapped[date] = mapped_column(comment="批准日期")
    opens_at: Mapped[datetime] = mapped_column(comment="开始时间，含")
    closes_at: Mapped[datetime] = mapped_column(comment="截止时间，不含")
    urns: Mapped[int] = mapped_column(SmallInteger, comment="票箱数")
    ballots: Mapped[int | None] = mapped_column(comment="有效票数，计票后")
    void_sheets: Mapped[int | None] = mapped_column(comment="作废的纸质选票，计票后")
    replaced_cards: Mapped[int | None] = mapped_column(comment="补发的选票码，计票后")
    cost_fen: Mapped[int | None] = mapped_column(BigInteger, comment="当选项目合计，分")
    steps: Mapped[int | None] = mapped_column(comment="补足的步数")
    failure: Mapped[str | None] = mapped_column(comment="无结果的原因")
    published_at: Mapped[datetime | None] = mapped_column(comment="公布时间，此后冻结")
    counted_at: Mapped[datetime | None] = mapped_column(comment="计票时间")
    disputed_at: Mapped[datetime | None] = mapped_column(comment="提出争议的时间")
    dispute: Mapped[str | None] = mapped_column(comment="争议理由，公开")
    settled_at: Mapped[datetime | None] = mapped_column(comment="争议处理时间")
    settlement: Mapped[str | None] = mapped_column(comment="争议处理结果，公开")
    withdrawn_at: Mapped[datetime | None] = mapped_column(comment="撤回时间")
    withdrawal_reason: Mapped[str | None] = mapped_column(comment="撤回的公开理由")


class VoteDispute(Base):
    """A dispute that was settled. A trigger on the vote writes it, once; it stays."""

    __tablename__ = "vote_dispute"
    __table_args__ = {"comment": "已处理的争议：由触发器写入，只增不改"}

    vote_id: Mapped[UUID] = mapped_column(ForeignKey("vote.id"), primary_key=True)
    disputed_at: Mapped[datetime] = mapped_column(primary_key=True, comment="提出争议的时间")
    reason: Mapped[str] = mapped_column(comment="争议理由，公开")
    settled_at: Mapped[datetime] = mapped_column(comment="争议处理时间")
    settlement: Mapped[str] = mapped_column(comment="争议处理结果，公开")


class VoteOption(Base):
    """What can be chosen: a feasible proposal at its price, copied when the vote is set up.

    The title is what publication froze; everybody reads the proposal's, redacted since or not.
    """

    __tablename__ = "vote_option"
    __table_args__ = (
        UniqueConstraint("vote_id", "proposal_id"),
        Index("ix_vote_option_proposal_id", "proposal_id"),
        CheckConstraint("number >= 1 AND cost_fen > 0", name="number"),
        {"comment": "票决项目：票号、题目、造价，公布后不变"},
    )

    vote_id: Mapped[UUID] = mapped_column(ForeignKey("vote.id"), primary_key=True)
    number: Mapped[int] = mapped_column(
        SmallInteger, primary_key=True, autoincrement=False, comment="票号，从 1 起"
    )
    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposal.id"), comment="提案")
    title: Mapped[str] = mapped_column(comment="题目")
    category: Mapped[str] = mapped_column(comment="字典 service_category")
    cost_fen: Mapped[int] = mapped_column(BigInteger, comment="造价，分")


class VoteResult(Base):
    """What the count says about one option, and why."""

    __tablename__ = "vote_result"
    __table_args__ = (
        ForeignKeyConstraint(["vote_id", "number"], ["vote_option.vote_id", "vote_option.number"]),
        UniqueConstraint("vote_id", "position"),
        CheckConstraint("votes >= 0 AND position >= 1", name="votes"),
        {"comment": "计票结果：每个项目一行，附可复算的理由"},
    )

    vote_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    votes: Mapped[int] = mapped_column(comment="得票")
    position: Mapped[int | None] = mapped_column(SmallInteger, comment="当选次序，未当选为空")
    reason_zh: Mapped[str] = mapped_column(comment="理由")
    reason_en: Mapped[str] = mapped_column(comment="reason")


class RollEntry(Base):
    """Somebody has voted: one resident or household, once. Not when, and not what."""

    __tablename__ = "roll_entry"
    __table_args__ = (
        UniqueConstraint("vote_id", "person"),
        {"comment": "投票名册：只记已投，不记时间，不记内容"},
    )

    vote_id: Mapped[UUID] = mapped_column(ForeignKey("vote.id"), primary_key=True)
    voter: Mapped[str] = mapped_column(
        primary_key=True, comment="本次票决专用的化名，或选票码的盲索引"
    )
    person: Mapped[str | None] = mapped_column(comment="凭码者的账号化名，或柜台核验者的个人化名")
    is_paper: Mapped[bool] = mapped_column(comment="领取纸质选票")


class Urn(Base):
    """A part of the ballots, sealed together and shuffled whenever one is added."""

    __tablename__ = "urn"
    __table_args__ = {"comment": "票箱：多张选票混合加密，每加一张重新打乱、重新加密"}

    vote_id: Mapped[UUID] = mapped_column(ForeignKey("vote.id"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, comment="密文；长度只反映票数")


class UrnKey(Base):
    """The key of a vote's urns, sealed under the key ring; destroyed with the count."""

    __tablename__ = "urn_key"
    __table_args__ = {"comment": "票箱密钥，以密钥环加密；计票后销毁"}

    vote_id: Mapped[UUID] = mapped_column(ForeignKey("vote.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, comment="密文")


class VotingCard(Base):
    """A card that was issued; the code itself is known to its holder alone.

    Triggers: what is void never stands on the roll, what stands there is never void.
    """

    __tablename__ = "voting_card"
    __table_args__ = (
        one_of("loss", CardLoss),
        CheckConstraint(
            "(loss IS NULL) = (loss_asked_by IS NULL)"
            " AND (voided_by IS NULL OR loss_asked_by IS NOT NULL)",
            name="void_is_told",
        ),
        CheckConstraint("loss_asked_by <> voided_by", name="voided_by_two"),
        Index(
            "uq_voting_card_stub",
            "vote_id",
            "stub",
            unique=True,
            postgresql_where="voided_by IS NULL",
        ),
        {"comment": "选票码：只存盲索引"},
    )

    vote_id: Mapped[UUID] = mapped_column(ForeignKey("vote.id"), primary_key=True)
    card: Mapped[str] = mapped_column(primary_key=True, comment="选票码的盲索引")
    stub: Mapped[str | None] = mapped_column(
        comment="编号的盲索引；编号印在选票码外，由街道登记发给谁"
    )
    loss: Mapped[str | None] = mapped_column(comment="挂失原因")
    loss_asked_by: Mapped[str | None] = mapped_column(comment="提出补发的人")
    voided_by: Mapped[str | None] = mapped_column(comment="确认补发的另一人；此码作废")


class PaperSheet(Base):
    """What two people read on a paper ballot, entered apart from each other."""

    __tablename__ = "paper_sheet"
    __table_args__ = (
        one_of("status", SheetStatus),
        CheckConstraint("first_by <> second_by", name="two_people"),
        CheckConstraint(
            "settled_by <> first_by AND settled_by <> second_by", name="settled_by_a_third"
        ),
        CheckConstraint("status = 'void' OR (status = 'once') = (second_by IS NULL)", name="once"),
        CheckConstraint("status <> 'agreed' OR first = second", name="agreed"),
        CheckConstraint(
            "status = 'void' OR (status = 'settled') = (settled IS NOT NULL)", name="settled"
        ),
        CheckConstraint(
            "(status = 'void') = (voided_by IS NOT NULL)"
            " AND (voided_by IS NULL OR void_asked_by IS NOT NULL)"
            " AND (void_asked_by IS NULL) = (void_reason IS NULL)",
            name="void_is_told",
        ),
        CheckConstraint("void_asked_by <> voided_by", name="voided_by_two"),
        CheckConstraint(
            "(restore_asked_by IS NULL) = (restore_reason IS NULL)"
            " AND (restored_by IS NULL OR restore_asked_by IS NOT NULL AND status <> 'void')",
            name="restored_is_told",
        ),
        CheckConstraint("restore_asked_by <> restored_by", name="restored_by_two"),
        {"comment": "纸质选票录入：两人各录一遍，不一致由第三人裁定"},
    )

    vote_id: Mapped[UUID] = mapped_column(ForeignKey("vote.id"), primary_key=True)
    sheet: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="开箱时加盖的张号，与投票人无关"
    )
    status: Mapped[str] = mapped_column(comment="状态")
    first: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), comment="第一人所录票号，升序")
    first_by: Mapped[str] = mapped_column(comment="第一人")
    second: Mapped[list[int] | None] = mapped_column(ARRAY(SmallInteger), comment="第二人所录")
    second_by: Mapped[str | None] = mapped_column(comment="第二人")
    settled: Mapped[list[int] | None] = mapped_column(ARRAY(SmallInteger), comment="裁定")
    settled_by: Mapped[str | None] = mapped_column(comment="裁定人")
    void_reason: Mapped[str | None] = mapped_column(comment="作废理由")
    void_asked_by: Mapped[str | None] = mapped_column(comment="提出作废的人")
    voided_by: Mapped[str | None] = mapped_column(comment="确认作废的另一人")
    restore_reason: Mapped[str | None] = mapped_column(comment="恢复理由")
    restore_asked_by: Mapped[str | None] = mapped_column(comment="提出恢复的人")
    restored_by: Mapped[str | None] = mapped_column(comment="确认恢复的另一人")


class CountedBallot(Base):
    """A ballot as it was counted, written in one step in random order."""

    __tablename__ = "counted_ballot"
    __table_args__ = {"comment": "已计选票：计票时一次写入，次序随机"}

    vote_id: Mapped[UUID] = mapped_column(ForeignKey("vote.id"), primary_key=True)
    position: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="随机次序，从 1 起"
    )
    choices: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), comment="所选票号，升序")
