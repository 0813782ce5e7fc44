"""Keep benefits.

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
        "benefit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=False, comment="身份证号盲索引，不可还原"),
        sa.Column("kind", sa.Text(), nullable=False, comment="给付种类"),
        sa.Column("source", sa.Text(), nullable=False, comment="字典 funding_source"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="给付单位所在区划"),
        sa.Column("line", sa.Text(), nullable=False, comment="条线"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False, comment="金额，分"),
        sa.Column("from_on", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("to_on", sa.Date(), nullable=True, comment="末日，含；空为长期"),
        sa.Column("need_id", sa.Uuid(), nullable=True, comment="所答复的需求"),
        sa.Column("is_despite", sa.Boolean(), nullable=False, comment="经说明理由的并行给付"),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False, comment="登记时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        postgresql.ExcludeConstraint(
            (sa.column("person"), "="),
            (sa.column("kind"), "="),
            (sa.text("daterange(from_on, to_on, '[]')"), "&&"),
            where=sa.text("NOT is_despite"),
            using="gist",
            name="ex_benefit_once",
        ),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_benefit_to_on")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_benefit")),
        comment="给付：用于核对重复，个人仅以盲索引出现",
    )
    op.create_index("ix_benefit_area_code", "benefit", ["area_code", "id"], unique=False)
    op.create_index("ix_benefit_person", "benefit", ["person"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_benefit_person", table_name="benefit")
    op.drop_index("ix_benefit_area_code", table_name="benefit")
    op.drop_table("benefit")
