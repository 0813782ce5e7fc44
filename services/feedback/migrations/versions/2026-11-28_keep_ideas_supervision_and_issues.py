"""Keep ideas, supervision and issues.

Revision: 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deputy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="姓名，公开"),
        sa.Column("kind", sa.Text(), nullable=False, comment="党代表、人大代表、政协委员"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="联系的区划"),
        sa.Column("account", sa.Text(), nullable=False, comment="登录账号，不公开"),
        sa.Column("term_from", sa.Date(), nullable=False, comment="任期起"),
        sa.Column("term_to", sa.Date(), nullable=True, comment="任期末日，含"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "kind IN ('party_delegate', 'congress_deputy', 'cppcc_member')",
            name=op.f("ck_deputy_kind"),
        ),
        sa.CheckConstraint("term_to >= term_from", name=op.f("ck_deputy_term")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deputy")),
        sa.UniqueConstraint(
            "account", "area_code", "term_from", name=op.f("uq_deputy_account_area_code_term_from")
        ),
        comment="两代表一委员名册",
    )
    op.create_index("ix_deputy_area", "deputy", ["area_code", "id"], unique=False)
    op.create_table(
        "desk_day",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False, comment="区划"),
        sa.Column("held_on", sa.Date(), nullable=False, comment="日期"),
        sa.Column("place", sa.Text(), nullable=False, comment="地点"),
        sa.Column(
            "deputy_ids", postgresql.ARRAY(sa.Uuid()), nullable=False, comment="到场的代表委员"
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_day")),
        comment="代表委员接待日",
    )
    op.create_index("ix_desk_day_area", "desk_day", ["area_code", "held_on", "id"], unique=False)
    op.create_table(
        "idea",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False, comment="题目"),
        sa.Column("words", sa.Text(), nullable=False, comment="内容，公开"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="提出人所在区划"),
        sa.Column("outcome", sa.Text(), nullable=True, comment="处理结果"),
        sa.Column("answer", sa.Text(), nullable=True, comment="答复，公开"),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False, comment="提出时间"),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True, comment="答复时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "outcome IN ('done', 'planned', 'declined')", name=op.f("ck_idea_outcome")
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (answer IS NULL) AND (outcome IS NULL) = (answered_at IS NULL)",
            name=op.f("ck_idea_answered_whole"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idea")),
        comment="一线建议：对本平台的改进意见，公开答复",
    )
    op.create_index(
        "ix_idea_open", "idea", ["id"], unique=False, postgresql_where="outcome IS NULL"
    )
    op.create_table(
        "issue",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="议题编号"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="区划"),
        sa.Column("title", sa.Text(), nullable=False, comment="题目"),
        sa.Column("words", sa.Text(), nullable=False, comment="内容"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("lead_id", sa.Uuid(), nullable=False, comment="牵头单位"),
        sa.Column("helping_ids", postgresql.ARRAY(sa.Uuid()), nullable=False, comment="配合单位"),
        sa.Column("case_ids", postgresql.ARRAY(sa.Uuid()), nullable=False, comment="所涉工单"),
        sa.Column("due_on", sa.Date(), nullable=False, comment="办结日期，含"),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False, comment="提出时间"),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True, comment="办结时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "(status = 'settled') = (settled_at IS NOT NULL)", name=op.f("ck_issue_settled_whole")
        ),
        sa.CheckConstraint("status IN ('open', 'settled')", name=op.f("ck_issue_status")),
        sa.CheckConstraint(
            "NOT (lead_id = ANY (helping_ids))", name=op.f("ck_issue_who_leads_does_not_help")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue")),
        sa.UniqueConstraint("number", name=op.f("uq_issue_number")),
        comment="跨部门议题台账：牵头、配合、期限",
    )
    op.create_index("ix_issue_area", "issue", ["area_code", "id"], unique=False)
    op.create_table(
        "supervision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="督办编号"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="区划"),
        sa.Column("title", sa.Text(), nullable=False, comment="题目"),
        sa.Column("words", sa.Text(), nullable=False, comment="要求，公开"),
        sa.Column("deputy_id", sa.Uuid(), nullable=False, comment="提出的代表委员"),
        sa.Column("body_id", sa.Uuid(), nullable=False, comment="须答复的单位"),
        sa.Column("case_id", sa.Uuid(), nullable=True, comment="所督办的工单，不公开"),
        sa.Column("desk_day_id", sa.Uuid(), nullable=True, comment="接待日"),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False, comment="提出时间"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, comment="答复期限"),
        sa.Column("is_due_provisional", sa.Boolean(), nullable=False, comment="期限超出已公布日历"),
        sa.Column("deadline_rule", sa.Text(), nullable=False, comment="期限依据的规则编号"),
        sa.Column("answer", sa.Text(), nullable=True, comment="书面答复，公开"),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True, comment="答复时间"),
        sa.Column("verdict", sa.Text(), nullable=True, comment="代表委员的评判"),
        sa.Column("verdict_words", sa.Text(), nullable=True, comment="评判说明，公开"),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True, comment="评判时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "verdict IN ('satisfied', 'partly', 'dissatisfied')",
            name=op.f("ck_supervision_verdict"),
        ),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_supervision_answered_whole")
        ),
        sa.CheckConstraint(
            "(verdict IS NULL) = (judged_at IS NULL)", name=op.f("ck_supervision_judged_whole")
        ),
        sa.CheckConstraint(
            "verdict IS NULL OR answer IS NOT NULL",
            name=op.f("ck_supervision_judged_after_the_answer"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision")),
        sa.UniqueConstraint("number", name=op.f("uq_supervision_number")),
        comment="督办：代表委员提出，限期书面答复，代表委员评判，公开",
    )
    op.create_index("ix_supervision_area", "supervision", ["area_code", "id"], unique=False)
    op.create_table(
        "issue_step",
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False, comment="版本号"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="时间"),
        sa.Column("by", sa.Text(), nullable=False, comment="记录人"),
        sa.Column("body_id", sa.Uuid(), nullable=True, comment="由哪个单位"),
        sa.Column("words", sa.Text(), nullable=False, comment="进展或理由"),
        sa.ForeignKeyConstraint(
            ["issue_id"],
            ["issue.id"],
            name=op.f("fk_issue_step_issue_id_issue"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("issue_id", "seq", name=op.f("pk_issue_step")),
        comment="议题的每一步，只增不改",
    )


def downgrade() -> None:
    op.drop_table("issue_step")
    op.drop_index("ix_supervision_area", table_name="supervision")
    op.drop_table("supervision")
    op.drop_index("ix_issue_area", table_name="issue")
    op.drop_table("issue")
    op.drop_index("ix_idea_open", table_name="idea", postgresql_where="outcome IS NULL")
    op.drop_table("idea")
    op.drop_index("ix_desk_day_area", table_name="desk_day")
    op.drop_table("desk_day")
    op.drop_index("ix_deputy_area", table_name="deputy")
    op.drop_table("deputy")
