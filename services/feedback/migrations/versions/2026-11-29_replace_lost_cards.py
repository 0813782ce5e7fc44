"""Replace lost cards: a card knows its number, and what is void votes no more.

Revision: 0046, after 0045.
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

ADDED = (
    ("stub", "编号的盲索引；编号印在选票码外，由街道登记发给谁"),
    ("loss", "挂失原因"),
    ("loss_asked_by", "提出补发的人"),
    ("voided_by", "确认补发的另一人；此码作废"),
)
CHECKS = {
    "loss": "loss = ANY ('{lost, not_received, unreadable}'::text[])",
    "void_is_told": "(loss IS NULL) = (loss_asked_by IS NULL)"
    " AND (voided_by IS NULL OR loss_asked_by IS NOT NULL)",
    "voided_by_two": "loss_asked_by <> voided_by",
}
# Each takes the card's lock before it looks, so one of two at once sees what the other has done.
ROLL = """
CREATE FUNCTION void_card_votes_never() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE voided text;
BEGIN
  SELECT voided_by INTO voided FROM voting_card
  WHERE vote_id = NEW.vote_id AND card = NEW.voter FOR SHARE;
  IF voided IS NOT NULL THEN
    RAISE EXCEPTION 'the card was replaced' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'ck_roll_entry_card_stands';
  END IF;
  RETURN NEW;
END $$
"""
VOID = """
CREATE FUNCTION used_card_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.voided_by IS NOT NULL OR (NEW.voided_by IS NOT NULL AND EXISTS (
    SELECT FROM roll_entry WHERE vote_id = OLD.vote_id AND voter = OLD.card
  )) THEN
    RAISE EXCEPTION 'the card has voted, or is void' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'ck_voting_card_is_unused';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    for column, comment in ADDED:
        op.add_column("voting_card", sa.Column(column, sa.Text(), nullable=True, comment=comment))
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_voting_card_{name}"), "voting_card", condition)
    op.create_index(
        "uq_voting_card_stub",
        "voting_card",
        ["vote_id", "stub"],
        unique=True,
        postgresql_where=sa.text("voided_by IS NULL"),
    )
    op.execute(ROLL)
    op.execute(VOID)
    op.execute(
        "CREATE TRIGGER card_stands BEFORE INSERT ON roll_entry"
        " FOR EACH ROW EXECUTE FUNCTION void_card_votes_never()"
    )
    op.execute(
        "CREATE TRIGGER is_unused BEFORE UPDATE ON voting_card"
        " FOR EACH ROW EXECUTE FUNCTION used_card_stays()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER is_unused ON voting_card")
    op.execute("DROP TRIGGER card_stands ON roll_entry")
    for function in ("void_card_votes_never", "used_card_stays"):
        op.execute(f"DROP FUNCTION {function}()")
    op.drop_index("uq_voting_card_stub", table_name="voting_card")
    op.execute("DELETE FROM voting_card WHERE voided_by IS NOT NULL")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_voting_card_{name}"), "voting_card", type_="check")
    for column, _ in ADDED:
        op.drop_column("voting_card", column)
