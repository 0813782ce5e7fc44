"""Give work in a house back what its case took, when the case is due later again.

Beside when it is due stands when it would be due by itself. Revision: 0067, after 0066.
"""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

# What was sent before, or by the release before, is due by itself when it was due.
OWN = "coalesce(own_due_at, due_at)", "coalesce(is_own_due_provisional, is_due_provisional)"
MOVE = """
CREATE FUNCTION move_dispatches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE dispatch SET own_due_at = {own}, is_own_due_provisional = {own_provisional},
    due_at = least({own}, NEW.due_at),
    is_due_provisional = CASE
      WHEN ({own}, {own_provisional}) < (NEW.due_at, NEW.is_due_provisional)
      THEN {own_provisional} ELSE NEW.is_due_provisional END,
    version = version + 1, updated_at = NEW.updated_at, updated_by = NEW.updated_by
  WHERE case_id = NEW.id AND status = 'sent' AND due_at <> least({own}, NEW.due_at);
  RETURN NULL;
END $$
"""
SHORTEN = """
CREATE FUNCTION shorten_dispatches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE dispatch SET due_at = NEW.due_at, is_due_provisional = NEW.is_due_provisional,
    version = version + 1, updated_at = NEW.updated_at, updated_by = NEW.updated_by
  WHERE case_id = NEW.id AND status = 'sent' AND due_at > NEW.due_at;
  RETURN NULL;
END $$
"""


def _looked_after(name: str, moved: str, function: str) -> None:
    op.execute(
        f"CREATE TRIGGER {name} AFTER UPDATE OF due_at ON case_order FOR EACH ROW"
        f" WHEN (NEW.due_at {moved} OLD.due_at) EXECUTE FUNCTION {function}()"
    )


def upgrade() -> None:
    for name, kind, comment in (
        ("own_due_at", sa.DateTime(timezone=True), "不计工单期限时的答复期限；空为同 due_at"),
        ("is_own_due_provisional", sa.Boolean(), "其期限超出已公布日历"),
    ):
        op.add_column("dispatch", sa.Column(name, kind, comment=comment))
    op.execute(MOVE.format(own=OWN[0], own_provisional=OWN[1]))
    op.execute("DROP TRIGGER shortens_dispatches ON case_order")
    op.execute("DROP FUNCTION shorten_dispatches()")
    _looked_after("moves_dispatches", "<>", "move_dispatches")


def downgrade() -> None:
    """What is short stays so."""
    op.execute("DROP TRIGGER moves_dispatches ON case_order")
    op.execute("DROP FUNCTION move_dispatches()")
    op.execute(SHORTEN)
    _looked_after("shortens_dispatches", "<", "shorten_dispatches")
    for name in ("is_own_due_provisional", "own_due_at"):
        op.drop_column("dispatch", name)
