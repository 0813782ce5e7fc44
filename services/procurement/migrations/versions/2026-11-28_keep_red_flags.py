"""Keep red flags.

Revision: 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guard_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False, comment="运行时间"),
        sa.Column("contracts", sa.Integer(), nullable=False, comment="检查的合同数"),
        sa.Column("tenders", sa.Integer(), nullable=False, comment="检查的采购数"),
        sa.Column("flags", sa.Integer(), nullable=False, comment="成立的提示数"),
        sa.Column(
            "blocked_rules",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="数值未核定的规则",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guard_run")),
        comment="风险检查的每次运行",
    )
    op.create_table(
        "red_flag",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("guard", sa.Text(), nullable=False, comment="提示种类"),
        sa.Column(
            "subject_kind",
            sa.Text(),
            nullable=False,
            comment="关于合同、采购、购买方、承接者或街镇",
        ),
        sa.Column("subject", sa.Text(), nullable=False, comment="记录标识或区划代码"),
        sa.Column("period", sa.Text(), nullable=False, comment="年度；不按年为空串"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在街镇，数据范围以此为准"),
        sa.Column("buyer_id", sa.Uuid(), nullable=True, comment="购买方"),
        sa.Column("provider_id", sa.Uuid(), nullable=True, comment="承接者"),
        sa.Column("rule", sa.Text(), nullable=False, comment="依据的规则编号"),
        sa.Column("explanation_zh", sa.Text(), nullable=False, comment="说明"),
        sa.Column("explanation_en", sa.Text(), nullable=False, comment="英文说明"),
        sa.Column(
            "measured", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="所据数值"
        ),
        sa.Column(
            "documents", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="所据记录"
        ),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False, comment="首次发现时间"),
        sa.Column(
            "cleared_at", sa.DateTime(timezone=True), nullable=True, comment="不再成立的时间"
        ),
        sa.CheckConstraint(
            "guard IN ('incubation', 'concentration', 'splitting', 'single_bid', 'identical_prices', 'winner_alone_left', 'lowest_disqualified', 'often_disqualifying', 'often_losing', 'price_outlier', 'hardware')",
            name=op.f("ck_red_flag_guard"),
        ),
        sa.CheckConstraint(
            "subject_kind IN ('contract', 'tender', 'buyer', 'provider', 'area')",
            name=op.f("ck_red_flag_subject_kind"),
        ),
        sa.CheckConstraint("cleared_at >= found_at", name=op.f("ck_red_flag_cleared_at")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_red_flag")),
        sa.UniqueConstraint(
            "guard",
            "subject_kind",
            "subject",
            "period",
            name=op.f("uq_red_flag_guard_subject_kind_subject_period"),
        ),
        comment="风险提示：待人核实的异常，附规则、数值与记录",
    )
    op.create_index("ix_red_flag_area_code", "red_flag", ["area_code", "id"], unique=False)
    op.create_index("ix_red_flag_guard", "red_flag", ["guard", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_red_flag_guard", table_name="red_flag")
    op.drop_index("ix_red_flag_area_code", table_name="red_flag")
    op.drop_table("red_flag")
    op.drop_table("guard_run")
