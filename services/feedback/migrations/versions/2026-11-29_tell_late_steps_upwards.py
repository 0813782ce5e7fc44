"""Tell late first contacts, bad ratings and supervisions upwards.

Revision: 0036, after 0035.
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

STEPS = "'contact', 'verify', 'rectify', 'call_back', 'answer'"
# Table, its level, the column of the next time with its type, comments of both.
COLUMNS = (
    (
        *(
            "case_order",
            "contact_escalation_level",
            "contact_escalates_at",
            sa.DateTime(timezone=True),
        ),
        *("先行联系逾期的上报层级", "先行联系下一次上报的时间；空为期限届满时"),
    ),
    (
        *("bad_rating", "late_level", "escalates_on", sa.Date()),
        *("当前步骤逾期的上报层级", "当前步骤下一次上报的日期；空为期限届满次日"),
    ),
    (
        *("supervision", "escalation_level", "escalates_at", sa.DateTime(timezone=True)),
        *("逾期未答复的上报层级", "下一次上报的时间；空为期限届满时"),
    ),
)
AWAITED_ON = """(
CASE status
    WHEN 'open' THEN (clocks -> 'verify') ->> 'on'
    WHEN 'verified' THEN (clocks -> 'rectify') ->> 'on'
    WHEN 'rectified' THEN (clocks -> 'call_back') ->> 'on'
    ELSE NULL
END)"""
INDEXES = (
    (
        *("ix_case_order_contact_late", "case_order"),
        "coalesce(contact_escalates_at, contact_due_at)",
        "accepted_at IS NULL AND closed_at IS NULL AND contact_escalation_level < 3",
    ),
    (
        *("ix_bad_rating_late", "bad_rating", AWAITED_ON),
        "late_level = 0 AND escalates_on IS NULL AND status <> 'called_back'",
    ),
    ("ix_bad_rating_escalates", "bad_rating", "escalates_on", "escalates_on IS NOT NULL"),
    (
        *("ix_supervision_late", "supervision", "coalesce(escalates_at, due_at)"),
        "answer IS NULL AND escalation_level < 3",
    ),
)


def upgrade() -> None:
    op.create_table(
        "escalation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False, comment="工单、评价或督办"),
        sa.Column("step", sa.Text(), nullable=False, comment="逾期的步骤"),
        sa.Column("level", sa.SmallInteger(), nullable=False, comment="1 街镇，2 区，3 市"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="区划"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, comment="该步骤的期限"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="上报时间"),
        sa.CheckConstraint(f"step IN ({STEPS})", name=op.f("ck_escalation_step")),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("ck_escalation_level")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
        sa.UniqueConstraint(
            "record_id", "step", "level", name=op.f("uq_escalation_record_id_step_level")
        ),
        comment="逾期上报：先行联系、差评办理、督办答复，每步每层级一次",
    )
    op.create_index("ix_escalation_area", "escalation", ["area_code", "id"])
    for table, level, again, kind, about_level, about_again in COLUMNS:
        op.add_column(
            table,
            sa.Column(
                level, sa.SmallInteger(), server_default="0", nullable=False, comment=about_level
            ),
        )
        op.add_column(table, sa.Column(again, kind, nullable=True, comment=about_again))
        op.create_check_constraint(op.f(f"ck_{table}_{level}"), table, f"{level} BETWEEN 0 AND 3")
    for name, table, expression, where in INDEXES:
        op.create_index(
            name,
            table,
            [sa.literal_column(expression)],
            unique=False,
            postgresql_where=sa.text(where),
        )


def downgrade() -> None:
    for name, table, *_ in INDEXES:
        op.drop_index(name, table_name=table)
    for table, level, again, *_ in COLUMNS:
        op.drop_constraint(op.f(f"ck_{table}_{level}"), table, type_="check")
        op.drop_column(table, again)
        op.drop_column(table, level)
    op.drop_table("escalation")
