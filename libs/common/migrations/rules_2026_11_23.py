"""The rule table of every service, as of its first release: called by a migration of each."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

INSTANT = sa.DateTime(timezone=True)
OPERATORS = "'is', '<=', '>=', '<', '>', 'in'"
MARKS = "'V', 'S', 'S1', 'G-hi', 'G-md', 'G-lo', 'P'"


def upgrade() -> None:
    """Create the table and its history."""
    op.create_table(
        "rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "code", sa.Text(), nullable=False, comment="名称，答复据此引用 / answers name it"
        ),
        sa.Column("parameter", sa.Text(), nullable=False, comment="规定什么 / what it sets"),
        sa.Column("object", sa.Text(), nullable=False, comment="对谁 / of what"),
        sa.Column("method", sa.Text(), comment="限于何种方式 / null: every method"),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), comment="null: not confirmed yet"),
        sa.Column("unit", sa.Text(), comment="单位；金额为 fen，比例 0–1"),
        sa.Column("inclusive", sa.Boolean(), nullable=False, comment="是否含本数 / bound included"),
        sa.Column(
            "jurisdiction",
            sa.Text(),
            nullable=False,
            comment="CN 或区划有效位 / significant digits",
        ),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), comment="末日，含 / last day, inclusive"),
        sa.Column("document", sa.Text(), nullable=False, comment="文号或文件名 / number or name"),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column(
            "confidence", sa.Text(), nullable=False, comment="可信程度 / how sure the value is"
        ),
        sa.Column("verified_by", sa.Text(), comment="核对原文的人 / who read it"),
        sa.Column("verified_at", INSTANT),
        sa.Column("text_zh", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag"),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column(
            "updated_by", sa.Text(), nullable=False, comment="linli: the seed; else a person"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_rule"),
        sa.UniqueConstraint(
            "code", "jurisdiction", "valid_from", name="uq_rule_code_jurisdiction_valid_from"
        ),
        postgresql.ExcludeConstraint(
            ("code", "="),
            ("jurisdiction", "="),
            (sa.text("daterange(valid_from, valid_to, '[]')"), "&&"),
            name="ex_rule_once",
            using="gist",
        ),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="ck_rule_valid_to"),
        sa.CheckConstraint(f"operator IN ({OPERATORS})", name="ck_rule_operator"),
        sa.CheckConstraint(f"confidence IN ({MARKS})", name="ck_rule_confidence"),
        sa.CheckConstraint("inclusive = (operator NOT IN ('<', '>'))", name="ck_rule_inclusive"),
        comment="what laws and policies set; small, the same in every node",
    )
    op.create_table(
        "rule_change",
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Text()),
        sa.Column("unit", sa.Text()),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("verified_by", sa.Text()),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "version", name="pk_rule_change"),
        sa.ForeignKeyConstraint(["rule_id"], ["rule.id"], name="fk_rule_change_rule_id_rule"),
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_table("rule_change")
    op.drop_table("rule")
