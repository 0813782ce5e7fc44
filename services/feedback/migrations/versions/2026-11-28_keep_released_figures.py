"""Keep released figures.

Revision: 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "statistics_release",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False, comment="服务日期起"),
        sa.Column("until_on", sa.Date(), nullable=False, comment="服务日期止，含"),
        sa.Column("rank_minimum", sa.Integer(), nullable=False, comment="参加分档的最少评价数"),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False, comment="发布时间"),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_statistics_release_until_on")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statistics_release")),
        comment="评价统计的一期：各期互不重叠，发布后不改",
    )
    op.create_index("uq_statistics_release_period", "statistics_release", ["from_on"], unique=True)
    op.create_table(
        "figure",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("subject", sa.Text(), nullable=False, comment="市、区、街镇、承接机构"),
        sa.Column("key", sa.Text(), nullable=False, comment="区划代码或机构标识"),
        sa.Column("ratings", sa.Integer(), nullable=True, comment="计入的评价数"),
        sa.Column("response_share", sa.Double(), nullable=True, comment="评价数占服务数"),
        sa.Column("score", sa.Double(), nullable=True, comment="收缩后得分 0–1"),
        sa.Column("lower_bound", sa.Double(), nullable=True, comment="95% 区间下限"),
        sa.Column("upper_bound", sa.Double(), nullable=True, comment="95% 区间上限"),
        sa.Column("prior_mean", sa.Double(), nullable=True, comment="先验均值：该类目全市"),
        sa.Column("prior_strength", sa.Double(), nullable=True, comment="先验相当于多少条评价"),
        sa.Column("satisfied_share", sa.Double(), nullable=True, comment="满意率：三级及以上"),
        sa.Column("band", sa.SmallInteger(), nullable=True, comment="并列档次，1 最高"),
        sa.CheckConstraint(
            "subject IN ('city', 'district', 'town', 'provider')", name=op.f("ck_figure_subject")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["statistics_release.id"],
            name=op.f("fk_figure_release_id_statistics_release"),
        ),
        sa.PrimaryKeyConstraint("release_id", "category", "subject", "key", name=op.f("pk_figure")),
        comment="发布的数字；不足十人或可由差额推出的为空",
    )
    op.create_index("ix_figure_subject", "figure", ["subject", "key", "release_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_figure_subject", table_name="figure")
    op.drop_table("figure")
    op.drop_index("uq_statistics_release_period", table_name="statistics_release")
    op.drop_table("statistics_release")
