"""Shorten the work sent within a house with the case that it was sent for.

Work that waits ends no later than its case. Revision: 0066, after 0065.
"""

from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

SHORTENED = """
UPDATE dispatch SET due_at = {case}.due_at, is_due_provisional = {case}.is_due_provisional,
  version = dispatch.version + 1, updated_at = {case}.updated_at, updated_by = {case}.updated_by
"""
SHORTEN = f"""
CREATE FUNCTION shorten_dispatches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {SHORTENED.format(case="NEW")}
  WHERE case_id = NEW.id AND status = 'sent' AND due_at > NEW.due_at;
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    """What lies beyond its case already is shortened now."""
    op.execute(SHORTEN)
    op.execute(
        "CREATE TRIGGER shortens_dispatches AFTER UPDATE OF due_at ON case_order FOR EACH ROW"
        " WHEN (NEW.due_at < OLD.due_at) EXECUTE FUNCTION shorten_dispatches()"
    )
    op.execute(
        f"{SHORTENED.format(case='sooner')} FROM case_order AS sooner"
        " WHERE sooner.id = dispatch.case_id AND dispatch.status = 'sent'"
        " AND dispatch.due_at > sooner.due_at"
    )


def downgrade() -> None:
    """What was shortened stays so: nothing tells what it was before."""
    op.execute("DROP TRIGGER shortens_dispatches ON case_order")
    op.execute("DROP FUNCTION shorten_dispatches()")
