"""Keep proposals and votes.

Revision: 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MUTABLE = (
    *("status", "ballots", "cost_fen", "steps", "failure", "counted_at", "disputed_at", "dispute"),
    *("settled_at", "settlement", "withdrawn_at", "withdrawal_reason"),
    *("version", "updated_at", "updated_by"),
)
FREEZE = f"""
CREATE FUNCTION freeze_vote() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE mutable CONSTANT text[] := ARRAY{list(MUTABLE)};
BEGIN
  IF OLD.published_at IS NOT NULL AND to_jsonb(OLD) - mutable <> to_jsonb(NEW) - mutable THEN
    RAISE EXCEPTION 'a published vote is frozen' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'ck_vote_frozen';
  END IF;
  RETURN NEW;
END $$
"""
FREEZE_OPTIONS = """
CREATE FUNCTION freeze_vote_option() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM vote WHERE id = coalesce(NEW.vote_id, OLD.vote_id)
             AND published_at IS NOT NULL) THEN
    RAISE EXCEPTION 'the options of a published vote are frozen' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'ck_vote_option_frozen';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$
"""
STAYS = """
CREATE FUNCTION row_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'check_violation',
    CONSTRAINT = 'ck_' || TG_TABLE_NAME || '_stays';
END $$
"""
GROWING = ("roll_entry", "vote_result", "counted_ballot")


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="提案编号"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("proposer", sa.Text(), nullable=False, comment="居民化名（用途 proposals）"),
        sa.Column("title", sa.Text(), nullable=False, comment="题目，公开"),
        sa.Column("words", sa.Text(), nullable=False, comment="内容，公开"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在区划"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column(
            "target_groups", sa.ARRAY(sa.Text()), nullable=False, comment="字典 target_group"
        ),
        sa.Column("service_item_id", sa.Uuid(), nullable=True, comment="事项"),
        sa.Column("gap_id", sa.Uuid(), nullable=True, comment="源自哪项缺口"),
        sa.Column("collective_need_id", sa.Uuid(), nullable=True, comment="源自哪项共性需求"),
        sa.Column("wished_method", sa.Text(), nullable=True, comment="希望的购买方式"),
        sa.Column("supporters", sa.Integer(), nullable=False, comment="附议人数"),
        sa.Column("threshold", sa.Integer(), nullable=False, comment="提出时的附议门槛"),
        sa.Column("price_fen", sa.BigInteger(), nullable=True, comment="街镇核定的造价，分"),
        sa.Column("assessment", sa.Text(), nullable=True, comment="可行性与造价的公开理由"),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True, comment="并入的提案"),
        sa.Column("reason", sa.Text(), nullable=True, comment="合并或撤回的公开理由"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="提出时间"),
        sa.Column(
            "supported_at", sa.DateTime(timezone=True), nullable=True, comment="达到门槛的时间"
        ),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=True, comment="评估时间"),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=True, comment="合并时间"),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True, comment="撤回时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "(status = 'merged') = (merged_into_id IS NOT NULL) AND merged_into_id <> id",
            name=op.f("ck_proposal_merged_goes_somewhere"),
        ),
        sa.CheckConstraint(
            "status <> 'feasible' OR price_fen IS NOT NULL",
            name=op.f("ck_proposal_feasible_is_priced"),
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'supported', 'feasible', 'infeasible', 'merged', 'withdrawn')",
            name=op.f("ck_proposal_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('feasible', 'infeasible') OR assessment IS NOT NULL",
            name=op.f("ck_proposal_assessment_has_reason"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('merged', 'withdrawn') OR reason IS NOT NULL",
            name=op.f("ck_proposal_end_has_reason"),
        ),
        sa.CheckConstraint(
            "wished_method IN ('open_tender', 'invited_tender', 'consultation', 'negotiation', 'inquiry', 'single_source', 'framework', 'selection', 'venture')",
            name=op.f("ck_proposal_wished_method"),
        ),
        sa.CheckConstraint("price_fen > 0", name=op.f("ck_proposal_price_fen")),
        sa.CheckConstraint("supporters >= 0", name=op.f("ck_proposal_supporters")),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["proposal.id"], name=op.f("fk_proposal_merged_into_id_proposal")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("number", name=op.f("uq_proposal_number")),
        comment="提案：居民希望街镇购买的服务",
    )
    op.create_index("ix_proposal_area_code", "proposal", ["area_code", "id"], unique=False)
    op.create_index("ix_proposal_status", "proposal", ["status", "area_code", "id"], unique=False)
    op.create_table(
        "vote",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="票决编号"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("title", sa.Text(), nullable=False, comment="题目"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="选民所在区划"),
        sa.Column("unit", sa.Text(), nullable=False, comment="一人一票或一户一票"),
        sa.Column("credential", sa.Text(), nullable=False, comment="投票凭据"),
        sa.Column("electors", sa.Integer(), nullable=False, comment="应投票人数或户数"),
        sa.Column(
            "ballots_min", sa.Integer(), nullable=False, comment="有效票下限，少于此数无结果"
        ),
        sa.Column("choices_max", sa.SmallInteger(), nullable=False, comment="每票最多选几项"),
        sa.Column("rule", sa.Text(), nullable=False, comment="计票规则"),
        sa.Column("step_fen", sa.BigInteger(), nullable=False, comment="逐元补足的步长，分"),
        sa.Column("pot_fen", sa.BigInteger(), nullable=False, comment="已批准的资金，分"),
        sa.Column("pot_document", sa.Text(), nullable=False, comment="批准文号"),
        sa.Column("pot_approved_by_id", sa.Uuid(), nullable=False, comment="批准机构"),
        sa.Column("pot_approved_on", sa.Date(), nullable=False, comment="批准日期"),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False, comment="开始时间，含"),
        sa.Column(
            "closes_at", sa.DateTime(timezone=True), nullable=False, comment="截止时间，不含"
        ),
        sa.Column("urns", sa.SmallInteger(), nullable=False, comment="票箱数"),
        sa.Column("ballots", sa.Integer(), nullable=True, comment="有效票数，计票后"),
        sa.Column("cost_fen", sa.BigInteger(), nullable=True, comment="当选项目合计，分"),
        sa.Column("steps", sa.Integer(), nullable=True, comment="补足的步数"),
        sa.Column("failure", sa.Text(), nullable=True, comment="无结果的原因"),
        sa.Column(
            "published_at", sa.DateTime(timezone=True), nullable=True, comment="公布时间，此后冻结"
        ),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True, comment="计票时间"),
        sa.Column(
            "disputed_at", sa.DateTime(timezone=True), nullable=True, comment="提出争议的时间"
        ),
        sa.Column("dispute", sa.Text(), nullable=True, comment="争议理由，公开"),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True, comment="争议处理时间"),
        sa.Column("settlement", sa.Text(), nullable=True, comment="争议处理结果，公开"),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True, comment="撤回时间"),
        sa.Column("withdrawal_reason", sa.Text(), nullable=True, comment="撤回的公开理由"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "(status = 'counted') = (counted_at IS NOT NULL AND ballots IS NOT NULL)",
            name=op.f("ck_vote_counted_is_told"),
        ),
        sa.CheckConstraint(
            "(status = 'failed') = (failure IS NOT NULL)", name=op.f("ck_vote_failure_is_told")
        ),
        sa.CheckConstraint("credential IN ('residence', 'card')", name=op.f("ck_vote_credential")),
        sa.CheckConstraint("failure IN ('too_few', 'disputed')", name=op.f("ck_vote_failure")),
        sa.CheckConstraint(
            "rule IN ('equal_shares_add_one', 'greedy', 'resolution')", name=op.f("ck_vote_rule")
        ),
        sa.CheckConstraint(
            "status <> 'counted' OR disputed_at IS NULL OR settled_at IS NOT NULL",
            name=op.f("ck_vote_not_counted_in_dispute"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'published', 'counted', 'failed', 'withdrawn')",
            name=op.f("ck_vote_status"),
        ),
        sa.CheckConstraint(
            "unit <> 'household' OR credential = 'card'", name=op.f("ck_vote_households_have_cards")
        ),
        sa.CheckConstraint("unit IN ('resident', 'household')", name=op.f("ck_vote_unit")),
        sa.CheckConstraint("ballots >= ballots_min", name=op.f("ck_vote_counted_when_enough")),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_vote_closes_after_it_opens")),
        sa.CheckConstraint("cost_fen <= pot_fen", name=op.f("ck_vote_within_the_pot")),
        sa.CheckConstraint("counted_at >= closes_at", name=op.f("ck_vote_counted_after_it_closed")),
        sa.CheckConstraint("pot_fen > 0 AND step_fen > 0", name=op.f("ck_vote_money")),
        sa.CheckConstraint(
            "published_at < opens_at", name=op.f("ck_vote_published_before_it_opens")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vote")),
        sa.UniqueConstraint("number", name=op.f("uq_vote_number")),
        comment="票决：在已批准资金内由居民决定买什么",
    )
    op.create_index("ix_vote_area_code", "vote", ["area_code", "id"], unique=False)
    op.create_table(
        "counted_ballot",
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column(
            "position",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="随机次序，从 1 起",
        ),
        sa.Column("choices", sa.ARRAY(sa.SmallInteger()), nullable=False, comment="所选票号，升序"),
        sa.ForeignKeyConstraint(
            ["vote_id"], ["vote.id"], name=op.f("fk_counted_ballot_vote_id_vote")
        ),
        sa.PrimaryKeyConstraint("vote_id", "position", name=op.f("pk_counted_ballot")),
        comment="已计选票：计票时一次写入，次序随机",
    )
    op.create_table(
        "paper_sheet",
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column(
            "sheet",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="开箱时加盖的张号，与投票人无关",
        ),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column(
            "first", sa.ARRAY(sa.SmallInteger()), nullable=False, comment="第一人所录票号，升序"
        ),
        sa.Column("first_by", sa.Text(), nullable=False, comment="第一人"),
        sa.Column("second", sa.ARRAY(sa.SmallInteger()), nullable=True, comment="第二人所录"),
        sa.Column("second_by", sa.Text(), nullable=True, comment="第二人"),
        sa.Column("settled", sa.ARRAY(sa.SmallInteger()), nullable=True, comment="裁定"),
        sa.Column("settled_by", sa.Text(), nullable=True, comment="裁定人"),
        sa.CheckConstraint(
            "(status = 'once') = (second_by IS NULL)", name=op.f("ck_paper_sheet_once")
        ),
        sa.CheckConstraint(
            "(status = 'settled') = (settled IS NOT NULL)", name=op.f("ck_paper_sheet_settled")
        ),
        sa.CheckConstraint(
            "status <> 'agreed' OR first = second", name=op.f("ck_paper_sheet_agreed")
        ),
        sa.CheckConstraint(
            "status IN ('once', 'agreed', 'different', 'settled')",
            name=op.f("ck_paper_sheet_status"),
        ),
        sa.CheckConstraint("first_by <> second_by", name=op.f("ck_paper_sheet_two_people")),
        sa.CheckConstraint(
            "settled_by <> first_by AND settled_by <> second_by",
            name=op.f("ck_paper_sheet_settled_by_a_third"),
        ),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_paper_sheet_vote_id_vote")),
        sa.PrimaryKeyConstraint("vote_id", "sheet", name=op.f("pk_paper_sheet")),
        comment="纸质选票录入：两人各录一遍，不一致由第三人裁定",
    )
    op.create_table(
        "proposal_support",
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("supporter", sa.Text(), nullable=False, comment="居民化名（用途 proposals）"),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_support_proposal_id_proposal")
        ),
        sa.PrimaryKeyConstraint("proposal_id", "supporter", name=op.f("pk_proposal_support")),
        comment="附议：每人每项提案一次，不记时间",
    )
    op.create_table(
        "roll_entry",
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column(
            "voter", sa.Text(), nullable=False, comment="本次票决专用的化名，或选票码的盲索引"
        ),
        sa.Column("person", sa.Text(), nullable=True, comment="凭码网上投票者的化名：一人只用一码"),
        sa.Column("is_paper", sa.Boolean(), nullable=False, comment="领取纸质选票"),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_roll_entry_vote_id_vote")),
        sa.PrimaryKeyConstraint("vote_id", "voter", name=op.f("pk_roll_entry")),
        sa.UniqueConstraint("vote_id", "person", name=op.f("uq_roll_entry_vote_id_person")),
        comment="投票名册：只记已投，不记时间，不记内容",
    )
    op.create_table(
        "urn",
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False, comment="密文；长度只反映票数"),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_urn_vote_id_vote")),
        sa.PrimaryKeyConstraint("vote_id", "number", name=op.f("pk_urn")),
        comment="票箱：多张选票混合加密，每加一张重新打乱、重新加密",
    )
    op.create_table(
        "urn_key",
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False, comment="密文"),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_urn_key_vote_id_vote")),
        sa.PrimaryKeyConstraint("vote_id", name=op.f("pk_urn_key")),
        comment="票箱密钥，以密钥环加密；计票后销毁",
    )
    op.create_table(
        "vote_option",
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column(
            "number",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="票号，从 1 起",
        ),
        sa.Column("proposal_id", sa.Uuid(), nullable=False, comment="提案"),
        sa.Column("title", sa.Text(), nullable=False, comment="题目"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False, comment="造价，分"),
        sa.CheckConstraint("number >= 1 AND cost_fen > 0", name=op.f("ck_vote_option_number")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_vote_option_proposal_id_proposal")
        ),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_vote_option_vote_id_vote")),
        sa.PrimaryKeyConstraint("vote_id", "number", name=op.f("pk_vote_option")),
        sa.UniqueConstraint(
            "vote_id", "proposal_id", name=op.f("uq_vote_option_vote_id_proposal_id")
        ),
        comment="票决项目：票号、题目、造价，公布后不变",
    )
    op.create_table(
        "voting_card",
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False, comment="选票码的盲索引"),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_voting_card_vote_id_vote")),
        sa.PrimaryKeyConstraint("vote_id", "card", name=op.f("pk_voting_card")),
        comment="选票码：只存盲索引",
    )
    op.create_table(
        "vote_result",
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False, comment="得票"),
        sa.Column("position", sa.SmallInteger(), nullable=True, comment="当选次序，未当选为空"),
        sa.Column("reason_zh", sa.Text(), nullable=False, comment="理由"),
        sa.Column("reason_en", sa.Text(), nullable=False, comment="reason"),
        sa.CheckConstraint("votes >= 0 AND position >= 1", name=op.f("ck_vote_result_votes")),
        sa.ForeignKeyConstraint(
            ["vote_id", "number"],
            ["vote_option.vote_id", "vote_option.number"],
            name=op.f("fk_vote_result_vote_id_number_vote_option"),
        ),
        sa.PrimaryKeyConstraint("vote_id", "number", name=op.f("pk_vote_result")),
        sa.UniqueConstraint("vote_id", "position", name=op.f("uq_vote_result_vote_id_position")),
        comment="计票结果：每个项目一行，附可复算的理由",
    )
    for function in (FREEZE, FREEZE_OPTIONS, STAYS):
        op.execute(function)
    op.execute(
        "CREATE TRIGGER is_frozen BEFORE UPDATE ON vote FOR EACH ROW EXECUTE FUNCTION freeze_vote()"
    )
    op.execute(
        "CREATE TRIGGER is_frozen BEFORE INSERT OR UPDATE OR DELETE ON vote_option"
        " FOR EACH ROW EXECUTE FUNCTION freeze_vote_option()"
    )
    for table in GROWING:
        op.execute(
            f"CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION row_stays()"
        )


def downgrade() -> None:
    op.drop_table("vote_result")
    op.drop_table("voting_card")
    op.drop_table("vote_option")
    op.drop_table("urn_key")
    op.drop_table("urn")
    op.drop_table("roll_entry")
    op.drop_table("proposal_support")
    op.drop_table("paper_sheet")
    op.drop_table("counted_ballot")
    op.drop_index("ix_vote_area_code", table_name="vote")
    op.drop_table("vote")
    op.drop_index("ix_proposal_status", table_name="proposal")
    op.drop_index("ix_proposal_area_code", table_name="proposal")
    op.drop_table("proposal")
    for function in ("freeze_vote", "freeze_vote_option", "row_stays"):
        op.execute(f"DROP FUNCTION {function}()")
