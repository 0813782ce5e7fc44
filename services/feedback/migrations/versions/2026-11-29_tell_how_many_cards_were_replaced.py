"""Tell how many cards were replaced, with the count.

Revision: 0052, after 0051.
"""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

MUTABLE = (
    *("status", "ballots", "void_sheets", "cost_fen", "steps", "failure", "counted_at"),
    *("disputed_at", "dispute", "settled_at", "settlement", "withdrawn_at", "withdrawal_reason"),
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


def upgrade() -> None:
    op.add_column(
        "vote",
        sa.Column("replaced_cards", sa.Integer(), nullable=True, comment="补发的选票码，计票后"),
    )
    op.execute(FREEZE.format(mutable=[*MUTABLE, "replaced_cards"]))


def downgrade() -> None:
    op.execute(FREEZE.format(mutable=[*MUTABLE]))
    op.drop_column("vote", "replaced_cards")
