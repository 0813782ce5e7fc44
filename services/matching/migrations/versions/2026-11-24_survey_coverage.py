"""Survey coverage.

Revision: 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "coverage",
        sa.Column("area_code", sa.Text(), nullable=False, comment="居村 12 位代码"),
        sa.Column("people", postgresql.ARRAY(sa.Double()), nullable=False, comment="人数"),
        sa.Column(
            "covered", postgresql.ARRAY(sa.Boolean()), nullable=False, comment="15 分钟步行可达"
        ),
        sa.Column("index", postgresql.ARRAY(sa.Double()), nullable=False, comment="每千人每日名额"),
        sa.Column(
            "gain", postgresql.ARRAY(sa.Double()), nullable=False, comment="增设一处可新覆盖人数"
        ),
        sa.PrimaryKeyConstraint("area_code", name=op.f("pk_coverage")),
        comment="居村覆盖：数组按调查的类别与人群排列",
    )
    op.create_table(
        "coverage_survey",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "kinds",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[类别, 人群或空] 的列表",
        ),
        sa.Column("circle_minutes", sa.Integer(), nullable=False, comment="生活圈步行分钟"),
        sa.Column("circle_m", sa.Double(), nullable=False, comment="折算直线距离，米"),
        sa.Column("bands", sa.Text(), nullable=False, comment="分钟与权重"),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False, comment="计算时间"),
        sa.CheckConstraint("id = 1", name=op.f("ck_coverage_survey_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_survey")),
        comment="最近一次覆盖调查",
    )
    op.create_table(
        "gap",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False, comment="街镇 12 位代码"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("target_group", sa.Text(), nullable=True, comment="字典 target_group，空为全体"),
        sa.Column("period_from_on", sa.Date(), nullable=False, comment="需求统计起始日"),
        sa.Column("period_to_on", sa.Date(), nullable=False, comment="需求统计截止日，含当日"),
        sa.Column("people", sa.Integer(), nullable=True, comment="人数，少于十人为空"),
        sa.Column("open_needs", sa.Integer(), nullable=True, comment="待满足需求"),
        sa.Column("unmet_needs", sa.Integer(), nullable=True, comment="未满足需求"),
        sa.Column(
            "unmet_by_reason",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="未满足原因",
        ),
        sa.Column("statutory_shortfall", sa.Integer(), nullable=True, comment="应保未保"),
        sa.Column("places_short", sa.Integer(), nullable=True, comment="缺少的名额"),
        sa.Column("covered", sa.Double(), nullable=True, comment="15 分钟步行可达人口比例"),
        sa.Column("supply_index", sa.Double(), nullable=True, comment="每千人每日名额"),
        sa.Column(
            "one_more_place_serves", sa.Double(), nullable=True, comment="增设一处可新覆盖人数"
        ),
        sa.Column("allocation_run_id", sa.Uuid(), nullable=True, comment="影子价格所依的统筹"),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False, comment="计算时间"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap")),
        sa.UniqueConstraint(
            "area_code",
            "category",
            "target_group",
            name=op.f("uq_gap_area_code_category_target_group"),
            postgresql_nulls_not_distinct=True,
        ),
        comment="缺口：街镇某类服务对某人群的供不应求",
    )
    op.create_index("ix_gap_area_code", "gap", ["area_code", "id"], unique=False)


def downgrade() -> None:
    for table in ("gap", "coverage_survey", "coverage"):
        op.drop_table(table)
