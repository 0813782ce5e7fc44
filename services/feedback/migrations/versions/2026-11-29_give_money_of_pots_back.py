"""Give money of pots back, and correct what a document approves, with its reason.

A vote that chose nothing holds nothing. Its first agenda takes the vote's money over: withdrawn, it
gives that back, and another agenda of the vote holds it anew. A total that is held under changes
only as a correction says.

Revision: 0051, after 0050.
"""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

HOLD = """
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
RECKON = """
WITH holder AS (
  SELECT pot_approved_by_id, pot_document, pot_fen FROM vote v
  WHERE status = 'published' OR status = 'counted' AND cost_fen > 0
    AND NOT EXISTS (SELECT FROM agenda WHERE vote_id = v.id)
  UNION ALL
  SELECT pot_approved_by_id, pot_document, pot_fen FROM agenda
  WHERE status IN ('published', 'delivered')
)
UPDATE pot SET held_fen = coalesce((
  SELECT sum(pot_fen) FROM holder
  WHERE pot_approved_by_id = approved_by_id AND pot_document = document
), 0)
"""
# As it was before: a vote holds on, whatever became of its agenda.
HOLD_BEFORE = """
CREATE OR REPLACE FUNCTION hold_pot() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE more bigint := 0;
BEGIN
  IF to_jsonb(NEW) ->> 'vote_id' IS NOT NULL THEN
    RETURN NULL;
  END IF;
  IF NEW.status = ANY (TG_ARGV) THEN
    more := NEW.pot_fen;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF OLD.status = ANY (TG_ARGV) THEN
      more := more - OLD.pot_fen;
    END IF;
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
RECKON_BEFORE = """
WITH holder AS (
  SELECT pot_approved_by_id, pot_document, pot_fen FROM vote
  WHERE status IN ('published', 'counted')
  UNION ALL
  SELECT pot_approved_by_id, pot_document, pot_fen FROM agenda
  WHERE status IN ('published', 'delivered') AND vote_id IS NULL
), sums AS (
  SELECT pot_approved_by_id, pot_document, sum(pot_fen) AS fen FROM holder GROUP BY 1, 2
)
UPDATE pot SET held_fen = fen, total_fen = greatest(total_fen, fen) FROM sums
WHERE pot_approved_by_id = approved_by_id AND pot_document = document
"""
TELL = """
CREATE FUNCTION pot_total_is_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.total_fen <> OLD.total_fen AND OLD.held_fen > 0 AND NOT EXISTS (
    SELECT FROM pot_correction
    WHERE pot_id = OLD.id AND version = NEW.version
      AND was_fen = OLD.total_fen AND total_fen = NEW.total_fen
  ) THEN
    RAISE EXCEPTION 'no correction says so' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'ck_pot_total_is_told';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute("LOCK TABLE vote, agenda, pot IN SHARE ROW EXCLUSIVE MODE")
    op.add_column(
        "pot",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
    )
    op.add_column(
        "pot",
        sa.Column(
            *("version", sa.Integer()),
            server_default="1",
            nullable=False,
            comment="ETag，每次更正总额加一",
        ),
    )
    op.create_unique_constraint(op.f("uq_pot_id"), "pot", ["id"])
    op.create_table(
        "pot_correction",
        sa.Column("pot_id", sa.Uuid(), nullable=False),
        sa.Column(
            *("version", sa.Integer()),
            autoincrement=False,
            nullable=False,
            comment="更正后的版本",
        ),
        sa.Column("was_fen", sa.BigInteger(), nullable=False, comment="更正前的总额，分"),
        sa.Column("total_fen", sa.BigInteger(), nullable=False, comment="更正后的总额，分"),
        sa.Column("reason", sa.Text(), nullable=False, comment="公开理由"),
        sa.Column("corrected_by", sa.Text(), nullable=False, comment="更正人"),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False, comment="更正时间"),
        sa.CheckConstraint(
            "was_fen <> total_fen AND total_fen > 0", name=op.f("ck_pot_correction_changes")
        ),
        sa.ForeignKeyConstraint(["pot_id"], ["pot.id"], name=op.f("fk_pot_correction_pot_id_pot")),
        sa.PrimaryKeyConstraint("pot_id", "version", name=op.f("pk_pot_correction")),
        comment="批准总额的更正：只增不改",
    )
    op.execute(HOLD)
    op.execute(RECKON)
    op.execute(TELL)
    op.execute(
        "CREATE TRIGGER total_is_told BEFORE UPDATE OF total_fen ON pot"
        " FOR EACH ROW EXECUTE FUNCTION pot_total_is_told()"
    )
    op.execute(
        "CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON pot_correction"
        " FOR EACH ROW EXECUTE FUNCTION row_stays()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER total_is_told ON pot")
    op.execute("DROP FUNCTION pot_total_is_told()")
    op.execute(HOLD_BEFORE)
    op.execute(RECKON_BEFORE)
    op.drop_table("pot_correction")
    op.drop_constraint(op.f("uq_pot_id"), "pot", type_="unique")
    op.drop_column("pot", "version")
    op.drop_column("pot", "id")
