"""Keep each dispute that was settled: another one of the vote does not write over it.

A trigger keeps it, whoever settles. Revision: 0058, after 0057.
"""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
KEEP = """
CREATE FUNCTION keep_dispute() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO vote_dispute (vote_id, disputed_at, reason, settled_at, settlement)
  VALUES (NEW.id, NEW.disputed_at, NEW.dispute, NEW.settled_at, NEW.settlement);
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "vote_dispute",
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("disputed_at", _MOMENT, nullable=False, comment="提出争议的时间"),
        sa.Column("reason", sa.Text(), nullable=False, comment="争议理由，公开"),
        sa.Column("settled_at", _MOMENT, nullable=False, comment="争议处理时间"),
        sa.Column("settlement", sa.Text(), nullable=False, comment="争议处理结果，公开"),
        sa.ForeignKeyConstraint(
            ["vote_id"], ["vote.id"], name=op.f("fk_vote_dispute_vote_id_vote")
        ),
        sa.PrimaryKeyConstraint("vote_id", "disputed_at", name=op.f("pk_vote_dispute")),
        comment="已处理的争议：由触发器写入，只增不改",
    )
    op.execute(KEEP)
    op.execute(
        "CREATE TRIGGER keeps_dispute AFTER UPDATE OF settled_at ON vote FOR EACH ROW"
        " WHEN (OLD.settled_at IS NULL AND NEW.settled_at IS NOT NULL)"
        " EXECUTE FUNCTION keep_dispute()"
    )
    op.execute(
        "INSERT INTO vote_dispute SELECT id, disputed_at, dispute, settled_at, settlement FROM vote"
        " WHERE settled_at IS NOT NULL"
    )
    op.execute(
        "CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON vote_dispute"
        " FOR EACH ROW EXECUTE FUNCTION row_stays()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER keeps_dispute ON vote")
    op.execute("DROP FUNCTION keep_dispute()")
    op.drop_table("vote_dispute")
