"""Give back to its pot what an agenda did not cost.

Delivered or withdrawn, an agenda holds what was spent for it, at most what it held before; the one
that takes its place carries that on. What procurement does not know yet is held whole.

Revision: 0055, after 0054.
"""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

ADDED = (
    sa.Column(
        *("carried_fen", sa.BigInteger()),
        server_default="0",
        nullable=False,
        comment="所取代的清单已花费，分",
    ),
    sa.Column(
        *("spent_fen", sa.BigInteger()),
        nullable=True,
        comment="实际花费，含 carried_fen，分；此后只占用此数，空为未知",
    ),
)
MUTABLE = (
    *("status", "items_fen", "superseded_by_id", "withdrawn_at", "withdrawal_reason"),
    *("delivered_at", "version", "updated_at", "updated_by"),
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
CREATE FUNCTION held_of_pot(cited jsonb, holders text[]) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN cited ->> 'status' IN ('delivered', 'withdrawn') AND cited ->> 'spent_fen' IS NOT NULL
      THEN least((cited ->> 'spent_fen')::bigint, (cited ->> 'pot_fen')::bigint)
    WHEN cited ->> 'status' = ANY (holders) AND cited ->> 'cost_fen' IS DISTINCT FROM '0'
      THEN (cited ->> 'pot_fen')::bigint
    ELSE 0
  END
$$
"""
HOLD = """
CREATE OR REPLACE FUNCTION hold_pot() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  more bigint := held_of_pot(to_jsonb(NEW), TG_ARGV);
  vote_of uuid := to_jsonb(NEW) ->> 'vote_id';
BEGIN
  IF TG_OP = 'UPDATE' THEN
    more := more - held_of_pot(to_jsonb(OLD), TG_ARGV);
  ELSIF vote_of IS NOT NULL
      AND NOT EXISTS (SELECT FROM agenda WHERE vote_id = vote_of AND id <> NEW.id) THEN
    more := 0;
  END IF;
  IF more <> 0 THEN
    INSERT INTO pot (approved_by_id, document, approved_on, total_fen, held_fen)
    VALUES (NEW.pot_approved_by_id, NEW.pot_document, NEW.pot_approved_on,
            coalesce(NEW.pot_total_fen, NEW.pot_fen), 0)
    ON CONFLICT DO NOTHING;
    UPDATE pot SET held_fen = held_fen + more
    WHERE approved_by_id = NEW.pot_approved_by_id AND document = NEW.pot_document;
  END IF;
  RETURN NULL;
END $$
"""
HOLD_BEFORE = """
CREATE OR REPLACE FUNCTION hold_pot() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  more bigint := 0;
  vote_of uuid := to_jsonb(NEW) ->> 'vote_id';
BEGIN
  IF NEW.status = ANY (TG_ARGV) AND to_jsonb(NEW) ->> 'cost_fen' IS DISTINCT FROM '0' THEN
    more := NEW.pot_fen;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF OLD.status = ANY (TG_ARGV) AND to_jsonb(OLD) ->> 'cost_fen' IS DISTINCT FROM '0' THEN
      more := more - OLD.pot_fen;
    END IF;
  ELSIF vote_of IS NOT NULL
      AND NOT EXISTS (SELECT FROM agenda WHERE vote_id = vote_of AND id <> NEW.id) THEN
    more := 0;
  END IF;
  IF more <> 0 THEN
    INSERT INTO pot (approved_by_id, document, approved_on, total_fen, held_fen)
    VALUES (NEW.pot_approved_by_id, NEW.pot_document, NEW.pot_approved_on,
            coalesce(NEW.pot_total_fen, NEW.pot_fen), 0)
    ON CONFLICT DO NOTHING;
    UPDATE pot SET held_fen = held_fen + more
    WHERE approved_by_id = NEW.pot_approved_by_id AND document = NEW.pot_document;
  END IF;
  RETURN NULL;
END $$
"""
# What was given back may be held by others by now: totals are raised where they have to bear both.
RECKON_BEFORE = """
WITH holder AS (
  SELECT pot_approved_by_id, pot_document, pot_fen FROM vote v
  WHERE status = 'published' OR status = 'counted' AND cost_fen > 0
    AND NOT EXISTS (SELECT FROM agenda WHERE vote_id = v.id)
  UNION ALL
  SELECT pot_approved_by_id, pot_document, pot_fen FROM agenda
  WHERE status IN ('published', 'delivered')
), sums AS (
  SELECT pot_approved_by_id, pot_document, sum(pot_fen) AS fen FROM holder GROUP BY 1, 2
)
UPDATE pot SET held_fen = coalesce(fen, 0),
  total_fen = greatest(every.total_fen, coalesce(fen, 0))
FROM pot AS every LEFT JOIN sums
  ON pot_approved_by_id = every.approved_by_id AND pot_document = every.document
WHERE pot.id = every.id
"""


def _holds(columns: str) -> None:
    """The trigger on agendas, of these columns."""
    op.execute("DROP TRIGGER holds_pot ON agenda")
    op.execute(
        f"CREATE TRIGGER holds_pot AFTER INSERT OR UPDATE OF {columns} ON agenda"
        " FOR EACH ROW EXECUTE FUNCTION hold_pot('published', 'delivered')"
    )


def upgrade() -> None:
    for column in ADDED:
        op.add_column("agenda", column)
    op.execute(FREEZE.format(mutable=[*MUTABLE, "spent_fen"]))
    op.execute(HOLDS)
    op.execute(HOLD)
    _holds("status, spent_fen")


def downgrade() -> None:
    op.execute(HOLD_BEFORE)
    _holds("status")
    op.execute("DROP FUNCTION held_of_pot(jsonb, text[])")
    op.execute("ALTER TABLE pot DISABLE TRIGGER total_is_told")
    op.execute(RECKON_BEFORE)
    op.execute("ALTER TABLE pot ENABLE TRIGGER total_is_told")
    op.execute(FREEZE.format(mutable=[*MUTABLE]))
    for column in ADDED:
        op.drop_column("agenda", column.name)
