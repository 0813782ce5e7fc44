"""Void paper sheets that were entered by mistake.

Revision: 0029, after 0028.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

READ = ("once", "agreed", "different", "settled")
MUTABLE = (
    *("status", "ballots", "cost_fen", "steps", "failure", "counted_at", "disputed_at", "dispute"),
    *("settled_at", "settlement", "withdrawn_at", "withdrawal_reason"),
    *("version", "updated_at", "updated_by"),
)
FREEZE = """
CREATE OR REPLACE FUNCTION freeze_vote() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE mutable CONSTANT text[] := ARRAY{mutable};
BEGIN
  IF OLD.published_at IS NOT NULL AND to_jsonb(OLD) - mutable <> to_jsonb(NEW) - mutable THEN
    RAISE EXCEPTION 'a published vote is frozen' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'ck_vote_frozen';
  END IF;
  RETURN NEW;
END $$
"""
ADDED = (
    ("void_reason", "作废理由"),
    ("void_asked_by", "提出作废的人"),
    ("voided_by", "确认作废的另一人"),
)
ONCE, SETTLED = (
    "(status = 'once') = (second_by IS NULL)",
    "(status = 'settled') = (settled IS NOT NULL)",
)
NEW = {
    "void_is_told": "(status = 'void') = (voided_by IS NOT NULL)"
    " AND (voided_by IS NULL OR void_asked_by IS NOT NULL)"
    " AND (void_asked_by IS NULL) = (void_reason IS NULL)",
    "voided_by_two": "void_asked_by <> voided_by",
}


def _check(name: str, condition: str, *, anew: bool = True) -> None:
    named = op.f(f"ck_paper_sheet_{name}")
    if anew:
        op.drop_constraint(named, "paper_sheet", type_="check")
    op.create_check_constraint(named, "paper_sheet", condition)


def _statuses(words: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"status IN ({listed})"


def upgrade() -> None:
    op.add_column(
        "vote",
        sa.Column("void_sheets", sa.Integer(), nullable=True, comment="作废的纸质选票，计票后"),
    )
    op.execute(FREEZE.format(mutable=[*MUTABLE, "void_sheets"]))
    for column, comment in ADDED:
        op.add_column("paper_sheet", sa.Column(column, sa.Text(), nullable=True, comment=comment))
    _check("status", _statuses((*READ, "void")))
    _check("once", f"status = 'void' OR {ONCE}")
    _check("settled", f"status = 'void' OR {SETTLED}")
    for name, condition in NEW.items():
        _check(name, condition, anew=False)


def downgrade() -> None:
    op.execute("DELETE FROM paper_sheet WHERE status = 'void'")
    for name in NEW:
        op.drop_constraint(op.f(f"ck_paper_sheet_{name}"), "paper_sheet", type_="check")
    _check("settled", SETTLED)
    _check("once", ONCE)
    _check("status", _statuses(READ))
    for column, _ in ADDED:
        op.drop_column("paper_sheet", column)
    op.execute(FREEZE.format(mutable=[*MUTABLE]))
    op.drop_column("vote", "void_sheets")
