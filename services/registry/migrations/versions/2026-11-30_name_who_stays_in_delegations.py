"""Let delegations from before name the body that stays, where one that they name was merged since.

A merge renames them by itself since 2026-11-29; what this one renames is written down with the
merge, so that its undoing gives the name back.

Revision: 0034, after 0033.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

STANDING = sa.text(
    "SELECT id, retired_id, kept_id FROM merge"
    " WHERE kind = 'organisation' AND undone_at IS NULL ORDER BY made_at, id"
)
SHORTENED = sa.text(
    "UPDATE delegation SET organisation_ids = array_remove(organisation_ids, :old),"
    " version = version + 1 WHERE organisation_ids @> CAST(ARRAY[:old, :new] AS uuid[]) RETURNING id"
)
RENAMED = sa.text(
    "UPDATE delegation SET organisation_ids = array_replace(organisation_ids, :old, :new),"
    " version = version + 1 WHERE organisation_ids @> CAST(ARRAY[:old] AS uuid[]) RETURNING id"
)
KEPT = sa.text(
    "UPDATE merge SET moved = jsonb_set(moved, ARRAY[CAST(:name AS text)],"
    " coalesce(moved -> CAST(:name AS text), '[]') || to_jsonb(CAST(:ids AS text[])))"
    " WHERE id = :merge"
)
COLUMN = "delegation.organisation_ids"
WAYS = {f"{COLUMN}.shortened": SHORTENED, COLUMN: RENAMED}


def rename(bind: sa.Connection) -> None:
    """Merge by merge as they were made: what was merged twice ends at the last one."""
    for merge in bind.execute(STANDING).all():
        both = {"old": merge.retired_id, "new": merge.kept_id}
        for name, statement in WAYS.items():
            if ids := [str(each) for each in bind.execute(statement, both).scalars()]:
                bind.execute(KEPT, {"name": name, "ids": ids, "merge": merge.id})


def upgrade() -> None:
    rename(op.get_bind())


def downgrade() -> None:
    pass
