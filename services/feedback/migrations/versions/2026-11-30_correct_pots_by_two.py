"""Correct what a document approves by two people: one asks, another confirms.

Each new total has its correction, also while nothing is held. The release before corrects by one
until it is gone. Revision: 0056, after 0055.
"""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

TELL = """
CREATE OR REPLACE FUNCTION pot_total_is_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.total_fen <> OLD.total_fen {held} AND NOT EXISTS (
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
    op.create_table(
        "pot_wish",
        sa.Column("pot_id", sa.Uuid(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False, comment="应为的总额，分"),
        sa.Column("reason", sa.Text(), nullable=False, comment="公开理由"),
        sa.Column("asked_by", sa.Text(), nullable=False, comment="提出人"),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False, comment="提出时间"),
        sa.CheckConstraint("total_fen > 0", name=op.f("ck_pot_wish_total_fen")),
        sa.ForeignKeyConstraint(["pot_id"], ["pot.id"], name=op.f("fk_pot_wish_pot_id_pot")),
        sa.PrimaryKeyConstraint("pot_id", name=op.f("pk_pot_wish")),
        comment="待另一人确认的总额更正",
    )
    op.add_column(
        "pot_correction",
        sa.Column(
            *("asked_by", sa.Text()),
            nullable=True,
            comment="提出人；空为早先由一人更正",
        ),
    )
    op.execute(TELL.format(held=""))


def downgrade() -> None:
    op.execute(TELL.format(held="AND OLD.held_fen > 0"))
    op.drop_column("pot_correction", "asked_by")
    op.drop_table("pot_wish")
