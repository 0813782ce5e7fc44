"""Keep when a service item was first promised: one dropped as a draft is nobody else's business.

The database writes it, so that imports and the release before do it too. Revision: 0026, after
0025.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_FIRST = """
CREATE FUNCTION note_promise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status = 'published' AND NEW.promised_at IS NULL THEN
    NEW.promised_at := NEW.updated_at;
  END IF;
  RETURN NEW;
END $$
"""
# What is retired and was never seen as a draft came in as a promise of old.
_BEFORE = """
UPDATE service_item s SET promised_at = coalesce(
  (SELECT min(v.made_at) FROM record_version v WHERE v.kind = 'service_item'
    AND v.record_id = s.id AND v.facts ->> 'status' = 'published'),
  CASE WHEN s.status = 'published' OR NOT EXISTS (SELECT FROM record_version v
    WHERE v.kind = 'service_item' AND v.record_id = s.id) THEN s.updated_at END)
WHERE s.status IN ('published', 'retired')
"""


def upgrade() -> None:
    op.add_column(
        "service_item",
        sa.Column(
            "promised_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="首次公布时间，由触发器写入；未公布过为空",
        ),
    )
    op.execute(_FIRST)
    op.execute(
        "CREATE TRIGGER note_promise BEFORE INSERT OR UPDATE ON service_item"
        " FOR EACH ROW EXECUTE FUNCTION note_promise()"
    )
    op.execute(_BEFORE)


def downgrade() -> None:
    op.execute("DROP TRIGGER note_promise ON service_item")
    op.execute("DROP FUNCTION note_promise()")
    op.drop_column("service_item", "promised_at")
