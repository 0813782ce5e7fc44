"""Keep agendas, deliberations and draws.

Revision: 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MUTABLE = (
    *("status", "items_fen", "superseded_by_id", "withdrawn_at", "withdrawal_reason"),
    *("version", "updated_at", "updated_by"),
)
FREEZE = f"""
CREATE FUNCTION freeze_agenda() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE mutable CONSTANT text[] := ARRAY{list(MUTABLE)};
BEGIN
  IF to_jsonb(OLD) - mutable <> to_jsonb(NEW) - mutable
     OR (NEW.items_fen <> OLD.items_fen AND pg_trigger_depth() < 2) THEN
    RAISE EXCEPTION 'a published agenda is frozen' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'ck_agenda_frozen';
  END IF;
  RETURN NEW;
END $$
"""
SUM = """
CREATE FUNCTION sum_agenda_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE agenda SET items_fen = items_fen + NEW.money_fen WHERE id = NEW.agenda_id;
  RETURN NULL;
END $$
"""
FOLLOW = """
CREATE FUNCTION agenda_follows_vote() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE held agenda%ROWTYPE;
BEGIN
  SELECT * INTO held FROM agenda
  WHERE id = coalesce(to_jsonb(NEW) ->> 'agenda_id', to_jsonb(NEW) ->> 'id')::uuid;
  IF held.vote_id IS NULL OR held.change_reason IS NOT NULL THEN
    RETURN NULL;
  END IF;
  IF EXISTS (
    SELECT FROM (
      SELECT o.proposal_id, o.cost_fen AS money_fen, r.position FROM vote_result r
      JOIN vote_option o USING (vote_id, number)
      WHERE r.vote_id = held.vote_id AND r.position IS NOT NULL
    ) AS chosen
    FULL JOIN (
      SELECT proposal_id, money_fen, position FROM agenda_item WHERE agenda_id = held.id
    ) AS listed USING (proposal_id, money_fen, position)
    WHERE chosen IS NULL OR listed IS NULL
  ) OR NOT EXISTS (
    SELECT FROM vote WHERE id = held.vote_id AND status = 'counted' AND pot_fen = held.pot_fen
  ) THEN
    RAISE EXCEPTION 'the agenda differs from its vote without a public reason'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_agenda_follows_vote';
  END IF;
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "deliberation_body",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="种类"),
        sa.Column("name", sa.Text(), nullable=False, comment="名称"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在区划"),
        sa.Column("term_from_on", sa.Date(), nullable=False, comment="任期首日"),
        sa.Column("term_to_on", sa.Date(), nullable=False, comment="任期末日，含"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "kind IN ('joint_party_council', 'community_committee', 'residents_congress', 'consultation_council', 'town_deputies')",
            name=op.f("ck_deliberation_body_kind"),
        ),
        sa.CheckConstraint("term_to_on >= term_from_on", name=op.f("ck_deliberation_body_term")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliberation_body")),
        comment="议事机构：联席会议、社区委员会、居民代表会议、议事会、人大代表",
    )
    op.create_index(
        "ix_deliberation_body_area_code", "deliberation_body", ["area_code", "id"], unique=False
    )
    op.create_table(
        "draw",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False, comment="题目"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在区划"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("commitment_sm3", sa.Text(), nullable=False, comment="种子的 SM3，设立时公布"),
        sa.Column("sealed_seed", sa.LargeBinary(), nullable=False, comment="种子密文"),
        sa.Column("public_source", sa.Text(), nullable=False, comment="事先声明的公开随机数来源"),
        sa.Column("public_on", sa.Date(), nullable=False, comment="公开随机数的日期"),
        sa.Column("list_sm3", sa.Text(), nullable=True, comment="候选名单的 SM3"),
        sa.Column("seed", sa.Text(), nullable=True, comment="种子，十六进制，抽签后公布"),
        sa.Column("public_value", sa.Text(), nullable=True, comment="公开随机数"),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True, comment="名单冻结时间"),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True, comment="抽签时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "(status = 'drawn') = (seed IS NOT NULL AND public_value IS NOT NULL)",
            name=op.f("ck_draw_drawn_is_told"),
        ),
        sa.CheckConstraint(
            "(status = 'open') = (list_sm3 IS NULL)", name=op.f("ck_draw_closed_has_digest")
        ),
        sa.CheckConstraint("status IN ('open', 'closed', 'drawn')", name=op.f("ck_draw_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw")),
        comment="抽签：承诺在先、公开随机数在后，任何人可复算",
    )
    op.create_index("ix_draw_area_code", "draw", ["area_code", "id"], unique=False)
    op.create_table(
        "agenda",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="清单编号"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在区划"),
        sa.Column("title", sa.Text(), nullable=False, comment="题目"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("pot_fen", sa.BigInteger(), nullable=False, comment="已批准的资金，分"),
        sa.Column("pot_document", sa.Text(), nullable=False, comment="批准文号"),
        sa.Column("pot_approved_by_id", sa.Uuid(), nullable=False, comment="批准机构"),
        sa.Column("pot_approved_on", sa.Date(), nullable=False, comment="批准日期"),
        sa.Column(
            "items_fen", sa.BigInteger(), nullable=False, comment="各项合计，由触发器维护，分"
        ),
        sa.Column("vote_id", sa.Uuid(), nullable=True, comment="票决"),
        sa.Column("rule", sa.Text(), nullable=False, comment="如何决定"),
        sa.Column("replaces_id", sa.Uuid(), nullable=True, comment="取代的清单"),
        sa.Column("change_reason", sa.Text(), nullable=True, comment="与票决不同的公开理由"),
        sa.Column("superseded_by_id", sa.Uuid(), nullable=True, comment="由何清单取代"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False, comment="决定时间"),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False, comment="公布时间"),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True, comment="撤回时间"),
        sa.Column("withdrawal_reason", sa.Text(), nullable=True, comment="撤回或被取代的公开理由"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "(status = 'superseded') = (superseded_by_id IS NOT NULL)",
            name=op.f("ck_agenda_superseded_by_one"),
        ),
        sa.CheckConstraint(
            "(status = 'withdrawn') = (withdrawn_at IS NOT NULL)",
            name=op.f("ck_agenda_withdrawn_at"),
        ),
        sa.CheckConstraint(
            "(vote_id IS NULL) = (rule = 'resolution')", name=op.f("ck_agenda_decided_somehow")
        ),
        sa.CheckConstraint(
            "rule IN ('equal_shares_add_one', 'greedy', 'resolution')", name=op.f("ck_agenda_rule")
        ),
        sa.CheckConstraint(
            "status = 'published' OR withdrawal_reason IS NOT NULL",
            name=op.f("ck_agenda_end_has_reason"),
        ),
        sa.CheckConstraint(
            "status IN ('published', 'superseded', 'withdrawn')", name=op.f("ck_agenda_status")
        ),
        sa.CheckConstraint(
            "items_fen >= 0 AND items_fen <= pot_fen", name=op.f("ck_agenda_within_the_pot")
        ),
        sa.CheckConstraint(
            "replaces_id IS NULL OR change_reason IS NOT NULL",
            name=op.f("ck_agenda_replacement_has_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["agenda.id"], name=op.f("fk_agenda_replaces_id_agenda")
        ),
        sa.ForeignKeyConstraint(
            ["superseded_by_id"],
            ["agenda.id"],
            name=op.f("fk_agenda_superseded_by_id_agenda"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_agenda_vote_id_vote")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agenda")),
        sa.UniqueConstraint("number", name=op.f("uq_agenda_number")),
        comment="共治议题清单：居民在已批准资金内的决定，约束购买",
    )
    op.create_index("ix_agenda_area_code", "agenda", ["area_code", "id"], unique=False)
    op.create_index(
        "uq_agenda_vote_in_force",
        "agenda",
        ["vote_id"],
        unique=True,
        postgresql_where="status = 'published'",
    )
    op.create_table(
        "deliberation_seat",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False, comment="席位名称"),
        sa.Column("organisation_id", sa.Uuid(), nullable=True, comment="所代表的机构"),
        sa.Column("from_on", sa.Date(), nullable=False, comment="首日"),
        sa.Column("to_on", sa.Date(), nullable=True, comment="末日，含；空为在席"),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_deliberation_seat_to_on")),
        sa.ForeignKeyConstraint(
            ["body_id"],
            ["deliberation_body.id"],
            name=op.f("fk_deliberation_seat_body_id_deliberation_body"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_deliberation_seat")),
        comment="席位：不写个人姓名",
    )
    op.create_table(
        "draw_stratum",
        sa.Column("draw_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False, comment="分组代码"),
        sa.Column("name", sa.Text(), nullable=False, comment="名称"),
        sa.Column("seats", sa.SmallInteger(), nullable=False, comment="席位数"),
        sa.CheckConstraint("seats >= 1", name=op.f("ck_draw_stratum_seats")),
        sa.ForeignKeyConstraint(
            ["draw_id"], ["draw.id"], name=op.f("fk_draw_stratum_draw_id_draw")
        ),
        sa.PrimaryKeyConstraint("draw_id", "code", name=op.f("pk_draw_stratum")),
        comment="抽签分组与席位",
    )
    op.create_table(
        "meeting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False, comment="议事机构"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在区划"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False, comment="开始时间"),
        sa.Column("place", sa.Text(), nullable=False, comment="地点"),
        sa.Column("seats", sa.Integer(), nullable=True, comment="应到席位"),
        sa.Column("present", sa.Integer(), nullable=True, comment="实到席位"),
        sa.Column("present_ids", sa.ARRAY(sa.Uuid()), nullable=True, comment="到会席位"),
        sa.Column("quorum_rule", sa.Text(), nullable=True, comment="法定人数的规则编号"),
        sa.Column("minutes", sa.Text(), nullable=True, comment="纪要，公开"),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True, comment="登记纪要的时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "(status = 'called') = (held_at IS NULL) AND (held_at IS NULL) = (minutes IS NULL)",
            name=op.f("ck_meeting_held_has_minutes"),
        ),
        sa.CheckConstraint(
            "status IN ('called', 'held', 'inquorate')", name=op.f("ck_meeting_status")
        ),
        sa.CheckConstraint("present <= seats", name=op.f("ck_meeting_present")),
        sa.ForeignKeyConstraint(
            ["body_id"], ["deliberation_body.id"], name=op.f("fk_meeting_body_id_deliberation_body")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        comment="会议：议题、到会、纪要",
    )
    op.create_index("ix_meeting_area_code", "meeting", ["area_code", "id"], unique=False)
    op.create_index("ix_meeting_body_id", "meeting", ["body_id", "id"], unique=False)
    op.create_table(
        "agenda_item",
        sa.Column("agenda_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False, comment="购买服务以此为准"),
        sa.Column("position", sa.SmallInteger(), nullable=False, comment="当选次序，从 1 起"),
        sa.Column("proposal_id", sa.Uuid(), nullable=False, comment="提案"),
        sa.Column("title", sa.Text(), nullable=False, comment="题目"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("service_item_id", sa.Uuid(), nullable=True, comment="事项"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在区划"),
        sa.Column(
            "target_groups", sa.ARRAY(sa.Text()), nullable=False, comment="字典 target_group"
        ),
        sa.Column("gap_id", sa.Uuid(), nullable=True, comment="源自哪项缺口"),
        sa.Column("money_fen", sa.BigInteger(), nullable=False, comment="金额，分"),
        sa.Column("wished_method", sa.Text(), nullable=True, comment="希望的购买方式"),
        sa.Column("votes", sa.Integer(), nullable=False, comment="得票"),
        sa.Column("reason", sa.Text(), nullable=False, comment="当选理由，可复算"),
        sa.Column("resolutions", sa.ARRAY(sa.Text()), nullable=False, comment="议事决议编号链"),
        sa.CheckConstraint(
            "wished_method IN ('open_tender', 'invited_tender', 'consultation', 'negotiation', 'inquiry', 'single_source', 'framework', 'selection', 'venture')",
            name=op.f("ck_agenda_item_wished_method"),
        ),
        sa.CheckConstraint(
            "position >= 1 AND money_fen > 0 AND votes >= 0", name=op.f("ck_agenda_item_numbers")
        ),
        sa.ForeignKeyConstraint(
            ["agenda_id"], ["agenda.id"], name=op.f("fk_agenda_item_agenda_id_agenda")
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_agenda_item_proposal_id_proposal")
        ),
        sa.PrimaryKeyConstraint("agenda_id", "id", name=op.f("pk_agenda_item")),
        sa.UniqueConstraint(
            "agenda_id", "position", name=op.f("uq_agenda_item_agenda_id_position")
        ),
        sa.UniqueConstraint(
            "agenda_id", "proposal_id", name=op.f("uq_agenda_item_agenda_id_proposal_id")
        ),
        comment="议题清单的一项：内容、金额、希望的方式，一经公布不变",
    )
    op.create_table(
        "draw_candidate",
        sa.Column("draw_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False, comment="候选代码"),
        sa.Column("stratum", sa.Text(), nullable=False, comment="分组代码"),
        sa.Column("position", sa.Integer(), nullable=True, comment="组内抽出次序，从 1 起"),
        sa.Column("is_drawn", sa.Boolean(), nullable=False, comment="是否抽中；其余按次序候补"),
        sa.ForeignKeyConstraint(
            ["draw_id", "stratum"],
            ["draw_stratum.draw_id", "draw_stratum.code"],
            name=op.f("fk_draw_candidate_draw_id_stratum_draw_stratum"),
        ),
        sa.ForeignKeyConstraint(
            ["draw_id"], ["draw.id"], name=op.f("fk_draw_candidate_draw_id_draw")
        ),
        sa.PrimaryKeyConstraint("draw_id", "code", name=op.f("pk_draw_candidate")),
        comment="抽签候选：只有代码，不写姓名",
    )
    op.create_table(
        "meeting_topic",
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column(
            "position",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="次序，从 1 起",
        ),
        sa.Column("title", sa.Text(), nullable=False, comment="题目"),
        sa.Column("proposal_id", sa.Uuid(), nullable=True, comment="提案"),
        sa.CheckConstraint("position >= 1", name=op.f("ck_meeting_topic_position")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_topic_meeting_id_meeting")
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_meeting_topic_proposal_id_proposal")
        ),
        sa.PrimaryKeyConstraint("meeting_id", "position", name=op.f("pk_meeting_topic")),
        comment="会议议题",
    )
    op.create_table(
        "resolution",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="决议编号"),
        sa.Column("meeting_id", sa.Uuid(), nullable=False, comment="会议"),
        sa.Column("topic", sa.SmallInteger(), nullable=False, comment="议题次序"),
        sa.Column("body_id", sa.Uuid(), nullable=False, comment="议事机构"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在区划"),
        sa.Column("proposal_id", sa.Uuid(), nullable=True, comment="提案"),
        sa.Column("text", sa.Text(), nullable=False, comment="决议内容"),
        sa.Column("present", sa.Integer(), nullable=False, comment="到会席位"),
        sa.Column("votes_for", sa.Integer(), nullable=False, comment="赞成"),
        sa.Column("votes_against", sa.Integer(), nullable=False, comment="反对"),
        sa.Column("abstained", sa.Integer(), nullable=False, comment="弃权"),
        sa.Column("is_adopted", sa.Boolean(), nullable=False, comment="是否通过，由规则得出"),
        sa.Column("majority_rule", sa.Text(), nullable=False, comment="多数的规则编号"),
        sa.Column("previous_id", sa.Uuid(), nullable=True, comment="承接的前一决议"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False, comment="登记时间"),
        sa.Column("decided_by", sa.Text(), nullable=False, comment="登记人"),
        sa.CheckConstraint("previous_id <> id", name=op.f("ck_resolution_goes_on_from_another")),
        sa.CheckConstraint(
            "votes_for + votes_against + abstained <= present",
            name=op.f("ck_resolution_within_present"),
        ),
        sa.CheckConstraint(
            "votes_for >= 0 AND votes_against >= 0 AND abstained >= 0",
            name=op.f("ck_resolution_votes"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id"],
            ["deliberation_body.id"],
            name=op.f("fk_resolution_body_id_deliberation_body"),
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id", "topic"],
            ["meeting_topic.meeting_id", "meeting_topic.position"],
            name=op.f("fk_resolution_meeting_id_topic_meeting_topic"),
        ),
        sa.ForeignKeyConstraint(
            ["previous_id"], ["resolution.id"], name=op.f("fk_resolution_previous_id_resolution")
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_resolution_proposal_id_proposal")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resolution")),
        sa.UniqueConstraint("meeting_id", "topic", name=op.f("uq_resolution_meeting_id_topic")),
        sa.UniqueConstraint("number", name=op.f("uq_resolution_number")),
        sa.UniqueConstraint("previous_id", name=op.f("uq_resolution_previous_id")),
        comment="决议：票数、是否通过、承接的前一决议",
    )
    op.create_index("ix_resolution_area_code", "resolution", ["area_code", "id"], unique=False)
    op.create_index("ix_resolution_proposal_id", "resolution", ["proposal_id", "id"], unique=False)
    for function in (FREEZE, SUM, FOLLOW):
        op.execute(function)
    op.execute(
        "CREATE TRIGGER is_frozen BEFORE UPDATE ON agenda"
        " FOR EACH ROW EXECUTE FUNCTION freeze_agenda()"
    )
    op.execute(
        "CREATE TRIGGER sum_items AFTER INSERT ON agenda_item"
        " FOR EACH ROW EXECUTE FUNCTION sum_agenda_items()"
    )
    for table in ("agenda", "agenda_item"):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER follows_vote AFTER INSERT ON {table}"
            " DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION agenda_follows_vote()"
        )
    for table in ("agenda_item", "resolution"):
        op.execute(
            f"CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION row_stays()"
        )


def downgrade() -> None:
    op.drop_index("ix_resolution_proposal_id", table_name="resolution")
    op.drop_index("ix_resolution_area_code", table_name="resolution")
    op.drop_table("resolution")
    op.drop_table("meeting_topic")
    op.drop_table("draw_candidate")
    op.drop_table("agenda_item")
    op.drop_index("ix_meeting_body_id", table_name="meeting")
    op.drop_index("ix_meeting_area_code", table_name="meeting")
    op.drop_table("meeting")
    op.drop_table("draw_stratum")
    op.drop_table("deliberation_seat")
    op.drop_index(
        "uq_agenda_vote_in_force", table_name="agenda", postgresql_where="status = 'published'"
    )
    op.drop_index("ix_agenda_area_code", table_name="agenda")
    op.drop_table("agenda")
    op.drop_index("ix_draw_area_code", table_name="draw")
    op.drop_table("draw")
    op.drop_index("ix_deliberation_body_area_code", table_name="deliberation_body")
    op.drop_table("deliberation_body")
    for function in ("freeze_agenda", "sum_agenda_items", "agenda_follows_vote"):
        op.execute(f"DROP FUNCTION {function}()")
