"""Keep budgets.

Revision: 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "budget_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False, comment="预算科目代码"),
        sa.Column("year", sa.SmallInteger(), nullable=False, comment="财政年度"),
        sa.Column("title", sa.Text(), nullable=False, comment="名称"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="购买方所在区划"),
        sa.Column("buyer_id", sa.Uuid(), nullable=False, comment="购买方，资源库机构标识"),
        sa.Column("source", sa.Text(), nullable=False, comment="字典 funding_source，专款专用"),
        sa.Column("document", sa.Text(), nullable=False, comment="批复文号"),
        sa.Column("planned_fen", sa.BigInteger(), nullable=False, comment="预算，分"),
        sa.Column("reserved_fen", sa.BigInteger(), nullable=False, comment="已预留，分"),
        sa.Column("committed_fen", sa.BigInteger(), nullable=False, comment="已承诺未付，分"),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False, comment="已支付，分"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "planned_fen >= 0 AND reserved_fen >= 0 AND committed_fen >= 0 AND paid_fen >= 0",
            name=op.f("ck_budget_line_never_negative"),
        ),
        sa.CheckConstraint(
            "reserved_fen + committed_fen + paid_fen <= planned_fen",
            name=op.f("ck_budget_line_never_overdrawn"),
        ),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name=op.f("ck_budget_line_year")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_line")),
        sa.UniqueConstraint(
            "buyer_id",
            "year",
            "code",
            "source",
            name=op.f("uq_budget_line_buyer_id_year_code_source"),
        ),
        comment="预算科目：一笔专项资金一年的额度",
    )
    op.create_index("ix_budget_line_area_code", "budget_line", ["area_code", "id"], unique=False)
    op.create_table(
        "budget_claim",
        sa.Column("line_id", sa.Uuid(), nullable=False, comment="预算科目"),
        sa.Column("holder_id", sa.Uuid(), nullable=False, comment="持有者标识"),
        sa.Column("holder_kind", sa.Text(), nullable=False, comment="tender、contract 或 grant"),
        sa.Column("reserved_fen", sa.BigInteger(), nullable=False, comment="已预留，分"),
        sa.Column("committed_fen", sa.BigInteger(), nullable=False, comment="已承诺未付，分"),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False, comment="已支付，分"),
        sa.CheckConstraint(
            "holder_kind IN ('tender', 'contract', 'grant')",
            name=op.f("ck_budget_claim_holder_kind"),
        ),
        sa.CheckConstraint(
            "reserved_fen >= 0 AND committed_fen >= 0 AND paid_fen >= 0",
            name=op.f("ck_budget_claim_never_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["budget_line.id"], name=op.f("fk_budget_claim_line_id_budget_line")
        ),
        sa.PrimaryKeyConstraint("line_id", "holder_id", name=op.f("pk_budget_claim")),
        comment="一项采购、合同或资助在一个预算科目上持有的额度",
    )
    op.create_index("ix_budget_claim_holder_id", "budget_claim", ["holder_id"], unique=False)
    op.create_table(
        "ledger_entry",
        sa.Column("line_id", sa.Uuid(), nullable=False, comment="预算科目"),
        sa.Column(
            "number",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="序号，每个科目从 1 起连续",
        ),
        sa.Column("kind", sa.Text(), nullable=False, comment="种类"),
        sa.Column(
            "amount_fen", sa.BigInteger(), nullable=False, comment="金额，分；调整为调整后的预算"
        ),
        sa.Column("holder_id", sa.Uuid(), nullable=True, comment="采购、合同或资助"),
        sa.Column("document", sa.Text(), nullable=True, comment="预算调整文号"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="时间"),
        sa.Column("made_by", sa.Text(), nullable=False, comment="经办人"),
        sa.CheckConstraint(
            "kind IN ('planned', 'replanned', 'reserved', 'released', 'committed', 'returned', 'paid')",
            name=op.f("ck_ledger_entry_kind"),
        ),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_ledger_entry_amount_fen")),
        sa.ForeignKeyConstraint(
            ["line_id"], ["budget_line.id"], name=op.f("fk_ledger_entry_line_id_budget_line")
        ),
        sa.PrimaryKeyConstraint("line_id", "number", name=op.f("pk_ledger_entry")),
        comment="预算台账：每次预留、承诺、支付与调整，只增不改",
    )
    op.create_index("ix_ledger_entry_holder_id", "ledger_entry", ["holder_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_ledger_entry_holder_id", table_name="ledger_entry")
    op.drop_table("ledger_entry")
    op.drop_index("ix_budget_claim_holder_id", table_name="budget_claim")
    op.drop_table("budget_claim")
    op.drop_index("ix_budget_line_area_code", table_name="budget_line")
    op.drop_table("budget_line")
