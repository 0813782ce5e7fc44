"""Keep ventures.

Revision: 0013, after 0012.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "venture_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False, comment="名称"),
        sa.Column("aims", sa.Text(), nullable=False, comment="目标"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在区划"),
        sa.Column("sponsor_id", sa.Uuid(), nullable=False, comment="发起机构"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("target_groups", sa.ARRAY(sa.Text()), nullable=False, comment="服务对象"),
        sa.Column("document", sa.Text(), nullable=False, comment="文号"),
        sa.Column("pot_fen", sa.BigInteger(), nullable=False, comment="资金总额，分"),
        sa.Column("granted_fen", sa.BigInteger(), nullable=False, comment="已资助，分"),
        sa.Column("largest_grant_fen", sa.BigInteger(), nullable=False, comment="单个项目上限，分"),
        sa.Column("reviews_least", sa.SmallInteger(), nullable=False, comment="最少评审数"),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False, comment="截止时间"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "status IN ('open', 'reviewed', 'cancelled')", name=op.f("ck_venture_call_status")
        ),
        sa.CheckConstraint(
            "granted_fen BETWEEN 0 AND pot_fen", name=op.f("ck_venture_call_never_exceeded")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venture_call")),
        comment="公益创投征集",
    )
    op.create_index("ix_venture_call_area_code", "venture_call", ["area_code", "id"], unique=False)
    op.create_table(
        "venture_application",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False, comment="征集"),
        sa.Column("applicant_id", sa.Uuid(), nullable=False, comment="申请机构"),
        sa.Column("title", sa.Text(), nullable=False, comment="项目名称"),
        sa.Column("text", sa.Text(), nullable=False, comment="项目内容"),
        sa.Column("asked_fen", sa.BigInteger(), nullable=False, comment="申请金额，分"),
        sa.Column("people_reached", sa.Integer(), nullable=False, comment="预计服务人数"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("reason", sa.Text(), nullable=True, comment="决定理由，公开"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "status IN ('submitted', 'withdrawn', 'granted', 'declined')",
            name=op.f("ck_venture_application_status"),
        ),
        sa.CheckConstraint("asked_fen > 0", name=op.f("ck_venture_application_asked_fen")),
        sa.ForeignKeyConstraint(
            ["call_id"],
            ["venture_call.id"],
            name=op.f("fk_venture_application_call_id_venture_call"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venture_application")),
        comment="公益创投申请",
    )
    op.create_index(
        "ix_venture_application_applicant_id",
        "venture_application",
        ["applicant_id", "id"],
        unique=False,
    )
    op.create_index(
        "uq_venture_application_live",
        "venture_application",
        ["call_id", "applicant_id"],
        unique=True,
        postgresql_where="status <> 'withdrawn'",
    )
    op.create_table(
        "venture_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False, comment="征集"),
        sa.Column("application_id", sa.Uuid(), nullable=False, comment="申请"),
        sa.Column("grantee_id", sa.Uuid(), nullable=False, comment="受资助机构"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在区划"),
        sa.Column("value_fen", sa.BigInteger(), nullable=False, comment="资助金额，分"),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False, comment="已付，分"),
        sa.Column(
            "draws",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="各预算科目金额",
        ),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False, comment="签订时间"),
        sa.Column("report", sa.Text(), nullable=True, comment="结项报告，公布"),
        sa.Column("opinions", sa.Text(), nullable=True, comment="服务对象意见摘要，公布"),
        sa.Column("people_reached", sa.Integer(), nullable=True, comment="服务人数"),
        sa.Column("spent_fen", sa.BigInteger(), nullable=True, comment="实际支出，分"),
        sa.Column("returned_fen", sa.BigInteger(), nullable=True, comment="未用退回，分"),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True, comment="报告时间"),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True, comment="结项时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "status IN ('agreed', 'reported', 'closed')", name=op.f("ck_venture_grant_status")
        ),
        sa.CheckConstraint(
            "paid_fen BETWEEN 0 AND value_fen", name=op.f("ck_venture_grant_never_overpaid")
        ),
        sa.CheckConstraint(
            "spent_fen + returned_fen = value_fen", name=op.f("ck_venture_grant_settled")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["venture_application.id"],
            name=op.f("fk_venture_grant_application_id_venture_application"),
        ),
        sa.ForeignKeyConstraint(
            ["call_id"], ["venture_call.id"], name=op.f("fk_venture_grant_call_id_venture_call")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venture_grant")),
        sa.UniqueConstraint("application_id", name=op.f("uq_venture_grant_application_id")),
        comment="公益创投资助协议",
    )
    op.create_index("ix_venture_grant_call_id", "venture_grant", ["call_id", "id"], unique=False)
    op.create_index(
        "ix_venture_grant_grantee_id", "venture_grant", ["grantee_id", "id"], unique=False
    )
    op.create_table(
        "venture_review",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False, comment="评审人"),
        sa.Column("points", sa.SmallInteger(), nullable=False, comment="得分"),
        sa.Column("text", sa.Text(), nullable=False, comment="意见"),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False, comment="评审时间"),
        sa.CheckConstraint("points BETWEEN 0 AND 100", name=op.f("ck_venture_review_points")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["venture_application.id"],
            name=op.f("fk_venture_review_application_id_venture_application"),
        ),
        sa.PrimaryKeyConstraint("application_id", "reviewer", name=op.f("pk_venture_review")),
        comment="公益创投评审",
    )


def downgrade() -> None:
    op.drop_table("venture_review")
    op.drop_index("ix_venture_grant_grantee_id", table_name="venture_grant")
    op.drop_index("ix_venture_grant_call_id", table_name="venture_grant")
    op.drop_table("venture_grant")
    op.drop_index(
        "uq_venture_application_live",
        table_name="venture_application",
        postgresql_where="status <> 'withdrawn'",
    )
    op.drop_index("ix_venture_application_applicant_id", table_name="venture_application")
    op.drop_table("venture_application")
    op.drop_index("ix_venture_call_area_code", table_name="venture_call")
    op.drop_table("venture_call")
