"""Hold what a document approves: votes and agendas under it never come to more.

What was published before is taken as approved: of those documents no total was told.

Revision: 0048, after 0047.
"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

ABOUT = "批准文件的总额，分；空为 pot_fen"
# A vote holds its money from its publication until it ends without a result; its agenda holds
# nothing more. An agenda by resolution holds its own while it is in force.
HOLD = """
CREATE FUNCTION hold_pot() RETURNS trigger LANGUAGE plpgsql AS $$
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
HOLDERS = {"vote": ("published", "counted"), "agenda": ("published", "delivered")}
BEFORE = """
INSERT INTO pot (approved_by_id, document, approved_on, total_fen, held_fen)
SELECT pot_approved_by_id, pot_document, min(pot_approved_on), sum(pot_fen), sum(pot_fen)
FROM (
  SELECT pot_approved_by_id, pot_document, pot_approved_on, pot_fen FROM vote
  WHERE status IN ('published', 'counted')
  UNION ALL
  SELECT pot_approved_by_id, pot_document, pot_approved_on, pot_fen FROM agenda
  WHERE status IN ('published', 'delivered') AND vote_id IS NULL
) AS held
GROUP BY pot_approved_by_id, pot_document
"""


def upgrade() -> None:
    op.create_table(
        "pot",
        sa.Column("approved_by_id", sa.Uuid(), nullable=False, comment="批准机构"),
        sa.Column("document", sa.Text(), nullable=False, comment="批准文号"),
        sa.Column("approved_on", sa.Date(), nullable=False, comment="批准日期"),
        sa.Column("total_fen", sa.BigInteger(), nullable=False, comment="文件批准的总额，分"),
        sa.Column(
            "held_fen",
            sa.BigInteger(),
            nullable=False,
            comment="已由票决和清单占用，由触发器维护，分",
        ),
        sa.CheckConstraint(
            "held_fen BETWEEN 0 AND total_fen", name=op.f("ck_pot_within_the_total")
        ),
        sa.PrimaryKeyConstraint("approved_by_id", "document", name=op.f("pk_pot")),
        comment="批准资金的文件：名下的票决与清单合计不超过总额",
    )
    op.execute(HOLD)
    op.execute(BEFORE)
    for table, statuses in HOLDERS.items():
        op.add_column(
            table, sa.Column("pot_total_fen", sa.BigInteger(), nullable=True, comment=ABOUT)
        )
        held = ", ".join(f"'{status}'" for status in statuses)
        op.execute(
            f"CREATE TRIGGER holds_pot AFTER INSERT OR UPDATE OF status ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION hold_pot({held})"
        )


def downgrade() -> None:
    for table in HOLDERS:
        op.execute(f"DROP TRIGGER holds_pot ON {table}")
        op.drop_column(table, "pot_total_fen")
    op.execute("DROP FUNCTION hold_pot()")
    op.drop_table("pot")
