"""Keep citywide runs.

Revision: 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "allocation_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False, comment="范围前缀"),
        sa.Column("session_on", sa.Date(), nullable=False, comment="名额所属日期"),
        sa.Column("seed", sa.Text(), nullable=False, comment="事先公布的排序种子"),
        sa.Column("is_dry", sa.Boolean(), nullable=False, comment="只试算，不占名额"),
        sa.Column(
            "policy", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="权重与规则"
        ),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("stage", sa.Text(), nullable=True, comment="正在做什么"),
        sa.Column("done", sa.Double(), nullable=False, comment="进度 0–1"),
        sa.Column("needs", sa.Integer(), nullable=True, comment="需求数"),
        sa.Column("places", sa.BigInteger(), nullable=True, comment="名额数"),
        sa.Column(
            "served", postgresql.ARRAY(sa.Integer()), nullable=True, comment="各层得到服务数"
        ),
        sa.Column(
            "unserved",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="未服务原因与人数",
        ),
        sa.Column("lapsed", sa.Integer(), nullable=True, comment="提交时已不再待满足"),
        sa.Column("objective", sa.BigInteger(), nullable=True, comment="目标值，整数"),
        sa.Column("inputs_sm3", sa.Text(), nullable=True, comment="输入摘要"),
        sa.Column("certificate_sm3", sa.Text(), nullable=True, comment="证书摘要"),
        sa.Column("fault", sa.Text(), nullable=True, comment="失败原因"),
        sa.Column("is_unwanted", sa.Boolean(), nullable=False, comment="要求取消"),
        sa.Column(
            "beat_at", sa.DateTime(timezone=True), nullable=True, comment="计算进程最近一次报到"
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True, comment="开始时间"),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True, comment="结束时间"),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=True, comment="提交时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "NOT (is_dry AND status = 'committed')",
            name=op.f("ck_allocation_run_dry_is_never_committed"),
        ),
        sa.CheckConstraint(
            "stage IN ('reading', 'pairing', 'solving', 'storing', 'done')",
            name=op.f("ck_allocation_run_stage"),
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'drafted', 'committed', 'cancelled', 'failed')",
            name=op.f("ck_allocation_run_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('drafted', 'committed') OR (certificate_sm3 IS NOT NULL AND inputs_sm3 IS NOT NULL)",
            name=op.f("ck_allocation_run_draft_has_its_proof"),
        ),
        sa.CheckConstraint("done BETWEEN 0 AND 1", name=op.f("ck_allocation_run_done")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation_run")),
        comment="统筹分配：一次运行",
    )
    op.create_index("ix_allocation_run_area", "allocation_run", ["area", "id"], unique=False)
    op.create_index(
        "ix_allocation_run_queue",
        "allocation_run",
        ["id"],
        unique=False,
        postgresql_where="status = 'queued'",
    )
    op.create_table(
        "allocation_choice",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("need_id", sa.Uuid(), nullable=False, comment="需求"),
        sa.Column("offering_id", sa.Uuid(), nullable=True, comment="服务"),
        sa.Column("walking_m", sa.Integer(), nullable=True, comment="步行米数"),
        sa.Column("reason", sa.Text(), nullable=True, comment="未服务原因"),
        sa.Column("rule", sa.Text(), nullable=True, comment="最常缺的条件"),
        sa.Column("competition", sa.Integer(), nullable=True, comment="争用组"),
        sa.CheckConstraint(
            "reason IN ('no_offering_in_category', 'not_eligible', 'closed_at_wanted_time', 'over_budget', 'too_far', 'all_places_taken')",
            name=op.f("ck_allocation_choice_reason"),
        ),
        sa.CheckConstraint(
            "(offering_id IS NULL) = (reason IS NOT NULL)",
            name=op.f("ck_allocation_choice_served_or_why_not"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["allocation_run.id"],
            name=op.f("fk_allocation_choice_run_id_allocation_run"),
        ),
        sa.PrimaryKeyConstraint("run_id", "need_id", name=op.f("pk_allocation_choice")),
        comment="统筹分配对每个需求的结果",
    )
    op.create_table(
        "allocation_price",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False, comment="服务"),
        sa.Column("minutes", sa.Double(), nullable=False, comment="多一个名额可节省的步行分钟"),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_allocation_price_minutes")),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["allocation_run.id"],
            name=op.f("fk_allocation_price_run_id_allocation_run"),
        ),
        sa.PrimaryKeyConstraint("run_id", "offering_id", name=op.f("pk_allocation_price")),
        comment="统筹分配的稀缺价格，折合步行分钟",
    )
    op.create_table(
        "allocation_file",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="块号"),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="内容"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["allocation_run.id"], name=op.f("fk_allocation_file_run_id_allocation_run")
        ),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_allocation_file")),
        comment="统筹分配的输入与证书，分块压缩保存",
    )
    op.create_table(
        "allocation_hold",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False, comment="服务"),
        sa.Column("starts_on", sa.Date(), nullable=False, comment="名额所在期的首日"),
        sa.Column("places", sa.Integer(), nullable=False, comment="占住的名额"),
        sa.CheckConstraint("places > 0", name=op.f("ck_allocation_hold_places")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["allocation_run.id"], name=op.f("fk_allocation_hold_run_id_allocation_run")
        ),
        sa.PrimaryKeyConstraint(
            "run_id", "offering_id", "starts_on", name=op.f("pk_allocation_hold")
        ),
        comment="统筹分配期间占住的名额",
    )


def downgrade() -> None:
    for table in (
        "allocation_price",
        "allocation_file",
        "allocation_choice",
        "allocation_hold",
        "allocation_run",
    ):
        op.drop_table(table)
