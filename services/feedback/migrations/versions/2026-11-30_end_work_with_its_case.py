"""End the work sent within a house with the case that it was sent for.

Its clock would run on for nothing. Revision: 0061, after 0060.
"""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

ENDED = """
UPDATE dispatch SET status = 'cancelled', cancelled_at = {case}.closed_at,
  version = dispatch.version + 1, updated_at = {case}.updated_at, updated_by = {case}.updated_by
"""
END = f"""
CREATE FUNCTION end_dispatches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {ENDED.format(case="NEW")} WHERE case_id = NEW.id AND status = 'sent';
  RETURN NULL;
END $$
"""
TOLD = "ck_dispatch_cancelled_with_reason"
REASONS = ("撤销理由，密文", "撤销理由，密文；空为随工单结束")


def _comment(before: str, after: str) -> None:
    op.alter_column(
        "dispatch",
        "cancel_reason",
        existing_type=sa.Text(),
        existing_comment=before,
        comment=after,
    )


def upgrade() -> None:
    """What has ended already ends its work now; without a reason of its own, as the case has one.

    The next migration holds the table to the rule that is relaxed here.
    """
    op.drop_constraint(op.f(TOLD), "dispatch", type_="check")
    _comment(*REASONS)
    op.execute(END)
    op.execute(
        "CREATE TRIGGER ends_dispatches AFTER UPDATE OF closed_at ON case_order FOR EACH ROW"
        " WHEN (OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL)"
        " EXECUTE FUNCTION end_dispatches()"
    )
    op.execute(
        f"{ENDED.format(case='ended')} FROM case_order AS ended WHERE ended.id = dispatch.case_id"
        " AND dispatch.status = 'sent' AND ended.closed_at IS NOT NULL"
    )


def downgrade() -> None:
    """The release before asks each cancelled dispatch for its reason: those without one go."""
    op.execute("DROP TRIGGER ends_dispatches ON case_order")
    op.execute("DROP FUNCTION end_dispatches()")
    op.execute("DELETE FROM dispatch WHERE status = 'cancelled' AND cancel_reason IS NULL")
    _comment(*reversed(REASONS))
    op.create_check_constraint(
        op.f(TOLD),
        "dispatch",
        "(status = 'cancelled') = (cancelled_at IS NOT NULL)"
        " AND (cancelled_at IS NULL) = (cancel_reason IS NULL)",
    )
