"""Give back to its pot at once what a single item held that was given up.

Revision: 0064, after 0063.
"""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

MUTABLE = (
    *("status", "items_fen", "superseded_by_id", "withdrawn_at", "withdrawal_reason"),
    *("delivered_at", "version", "updated_at", "updated_by", "spent_fen"),
)
FREEZE = """
CREATE OR REPLACE FUNCTION freeze_agenda() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE mutable CONSTANT text[] := ARRAY{mutable};
BEGIN
  IF to_jsonb(OLD) - mutable <> to_jsonb(NEW) - mutable
     OR (NEW.items_fen <> OLD.items_fen AND pg_trigger_depth() < 2) THEN
    RAISE EXCEPTION 'a published agenda is frozen' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'ck_agenda_frozen';
  END IF;
  RETURN NEW;
END $$
"""
HOLDS = """
CREATE OR REPLACE FUNCTION held_of_pot(cited jsonb, holders text[]) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN cited ->> 'status' IN ('delivered', 'withdrawn') AND cited ->> 'spent_fen' IS NOT NULL
      THEN least((cited ->> 'spent_fen')::bigint, {most})
    WHEN cited ->> 'status' = ANY (holders) AND cited ->> 'cost_fen' IS DISTINCT FROM '0'
      THEN {most}
    ELSE 0
  END
$$
"""
MOST_BEFORE = "(cited ->> 'pot_fen')::bigint"
MOST = f"{MOST_BEFORE} - coalesce((cited ->> 'freed_fen')::bigint, 0)"
# What was given back may be held by others by now: totals are raised where they have to bear both.
BEAR_BOTH = """
WITH sums AS (
  SELECT pot_approved_by_id, pot_document, sum(freed_fen) AS fen FROM agenda
  WHERE freed_fen > 0 GROUP BY 1, 2
)
UPDATE pot SET total_fen = greatest(total_fen, held_fen + fen) FROM sums
WHERE pot_approved_by_id = approved_by_id AND pot_document = document
"""


def _holds(columns: str) -> None:
    """The trigger on agendas, of these columns."""
    op.execute("DROP TRIGGER holds_pot ON agenda")
    op.execute(
        f"CREATE TRIGGER holds_pot AFTER INSERT OR UPDATE OF {columns} ON agenda"
        " FOR EACH ROW EXECUTE FUNCTION hold_pot('published', 'delivered')"
    )


def upgrade() -> None:
    op.add_column(
        "agenda",
        sa.Column(
            *("freed_fen", sa.BigInteger()),
            server_default="0",
            nullable=False,
            comment="所放弃各项未花费的金额，已退回，分",
        ),
    )
    op.execute(FREEZE.format(mutable=[*MUTABLE, "freed_fen"]))
    op.execute(HOLDS.format(most=MOST))
    _holds("status, spent_fen, freed_fen")


def downgrade() -> None:
    op.execute("ALTER TABLE pot DISABLE TRIGGER total_is_told")
    op.execute(BEAR_BOTH)
    op.execute("ALTER TABLE pot ENABLE TRIGGER total_is_told")
    op.execute("UPDATE agenda SET freed_fen = 0 WHERE freed_fen > 0")
    op.execute(HOLDS.format(most=MOST_BEFORE))
    _holds("status, spent_fen")
    op.execute(FREEZE.format(mutable=[*MUTABLE]))
    op.drop_column("agenda", "freed_fen")
