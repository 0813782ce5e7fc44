"""Raise bad ratings that stay bad: reviewed once further up, opened anew, called by one person.

Revision: 0047, after 0046.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

OLD, NEW = ("open", "verified", "rectified", "called_back"), ("raised", "reviewed")
SMALL, MOMENT = sa.SmallInteger(), sa.DateTime(timezone=True)
ADDED = (
    ("caller", sa.Text(), "承办回访的人，只有此人可见转介编号"),
    ("review", sa.Text(), "复核结论"),
    ("review_reason", sa.Text(), "复核理由，告知评价人"),
    ("reviewed_at", MOMENT, "复核时间"),
    ("reviewed_by", sa.Text(), "复核人"),
)
IN_ORDER = (
    "(status = 'open') = (verified_at IS NULL)"
    " AND (status IN ('open', 'verified')) = (rectified_at IS NULL)"
)
CHECKS = {
    "review": "review = ANY ('{further_measures, stands}'::text[])",
    "raised_when_not_satisfied": (
        "status NOT IN ('raised', 'reviewed') OR call_back = 'not_satisfied'"
    ),
    "review_is_told": (
        "(status = 'reviewed') = (reviewed_at IS NOT NULL)"
        " AND (reviewed_at IS NULL) = (review IS NULL)"
        " AND (reviewed_at IS NULL) = (review_reason IS NULL)"
    ),
    "another_person_reviews": "reviewed_by <> rectified_by AND reviewed_by <> called_back_by",
    "another_person_takes_the_call": "caller <> rectified_by",
}
AWAITED_ON = """(
CASE status
    WHEN 'open' THEN (clocks -> 'verify') ->> 'on'
    WHEN 'verified' THEN (clocks -> 'rectify') ->> 'on'
    WHEN 'rectified' THEN (clocks -> 'call_back') ->> 'on'{raised}
    ELSE NULL
END)"""
RAISED = "\n    WHEN 'raised' THEN (clocks -> 'review') ->> 'on'"
STEPS = ("contact", "verify", "rectify", "call_back", "answer")
UNIQUE = "uq_escalation_record_id_step_level"


def _check(table: str, name: str, condition: str) -> None:
    named = op.f(f"ck_{table}_{name}")
    op.drop_constraint(named, table, type_="check")
    op.create_check_constraint(named, table, condition)


def _words(column: str, words: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({listed})"


def _late(name: str, raised: str, ended: str) -> None:
    op.create_index(
        name,
        "bad_rating",
        [sa.literal_column(AWAITED_ON.format(raised=raised))],
        unique=False,
        postgresql_where=sa.text(f"late_level = 0 AND escalates_on IS NULL AND {ended}"),
    )


def upgrade() -> None:
    for column, kind, comment in ADDED:
        op.add_column("bad_rating", sa.Column(column, kind, nullable=True, comment=comment))
    for table in ("bad_rating", "escalation"):
        about = "第几轮：好评后再给差评另起一轮"
        round_ = sa.Column("round", SMALL, server_default="1", nullable=False, comment=about)
        op.add_column(table, round_)
    _check("bad_rating", "status", _words("status", (*OLD, *NEW)))
    called = "(status IN ('called_back', 'raised', 'reviewed')) = (called_back_at IS NOT NULL)"
    _check("bad_rating", "steps_in_order", f"{IN_ORDER} AND {called}")
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_bad_rating_{name}"), "bad_rating", condition)
    _late("ix_bad_rating_awaited", RAISED, "status NOT IN ('called_back', 'reviewed')")
    op.drop_index("ix_bad_rating_late", table_name="bad_rating")
    _check("escalation", "step", _words("step", (*STEPS, "review")))
    op.create_unique_constraint(
        op.f(f"{UNIQUE}_round"), "escalation", ["record_id", "step", "level", "round"]
    )
    op.drop_constraint(op.f(UNIQUE), "escalation", type_="unique")
    op.create_table(
        "bad_rating_round",
        sa.Column("rating_id", sa.Uuid(), nullable=False),
        sa.Column("round", SMALL, autoincrement=False, nullable=False),
        sa.Column("steps", postgresql.JSONB(), nullable=False, comment="该轮各步骤"),
        sa.ForeignKeyConstraint(
            ["rating_id"],
            ["bad_rating.rating_id"],
            name=op.f("fk_bad_rating_round_rating_id_bad_rating"),
        ),
        sa.PrimaryKeyConstraint("rating_id", "round", name=op.f("pk_bad_rating_round")),
        comment="差评闭环的前几轮",
    )


def downgrade() -> None:
    op.drop_table("bad_rating_round")
    op.execute("DELETE FROM escalation WHERE round > 1 OR step = 'review'")
    op.create_unique_constraint(op.f(UNIQUE), "escalation", ["record_id", "step", "level"])
    op.drop_constraint(op.f(f"{UNIQUE}_round"), "escalation", type_="unique")
    _check("escalation", "step", _words("step", STEPS))
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_bad_rating_{name}"), "bad_rating", type_="check")
    op.execute(
        "UPDATE bad_rating SET status = 'called_back' WHERE status IN ('raised', 'reviewed')"
    )
    called = "(status = 'called_back') = (called_back_at IS NOT NULL)"
    _check("bad_rating", "steps_in_order", f"{IN_ORDER} AND {called}")
    _check("bad_rating", "status", _words("status", OLD))
    _late("ix_bad_rating_late", "", "status <> 'called_back'")
    op.drop_index("ix_bad_rating_awaited", table_name="bad_rating")
    for table in ("bad_rating", "escalation"):
        op.drop_column(table, "round")
    for column, _, _ in ADDED:
        op.drop_column("bad_rating", column)
