"""Bind a proposal to one published ballot and to one agenda in force.

Revision: 0028, after 0027. Whoever comes second waits at the proposal and finds it bound.
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

ON_ONE_BALLOT = """
CREATE FUNCTION vote_binds_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM proposal WHERE id IN (SELECT proposal_id FROM vote_option WHERE vote_id = NEW.id)
  ORDER BY id FOR UPDATE;
  IF EXISTS (
    SELECT FROM vote_option mine JOIN vote_option other USING (proposal_id)
    JOIN vote ON vote.id = other.vote_id
    WHERE mine.vote_id = NEW.id AND other.vote_id <> NEW.id AND vote.status = 'published'
  ) THEN
    RAISE EXCEPTION 'a proposal stands on another published ballot'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_vote_binds_once';
  END IF;
  RETURN NULL;
END $$
"""
ON_ONE_AGENDA = """
CREATE FUNCTION agenda_item_binds_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM proposal WHERE id = NEW.proposal_id FOR UPDATE;
  IF EXISTS (
    SELECT FROM agenda_item i JOIN agenda a ON a.id = i.agenda_id
    WHERE i.proposal_id = NEW.proposal_id AND i.agenda_id <> NEW.agenda_id
      AND a.status IN ('published', 'delivered')
  ) THEN
    RAISE EXCEPTION 'a proposal stands on another agenda in force'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_agenda_item_binds_once';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute(ON_ONE_BALLOT)
    op.execute(
        "CREATE TRIGGER binds_once AFTER UPDATE OF status ON vote FOR EACH ROW"
        " WHEN (NEW.status = 'published' AND OLD.status <> 'published')"
        " EXECUTE FUNCTION vote_binds_once()"
    )
    op.execute(ON_ONE_AGENDA)
    op.execute(
        "CREATE TRIGGER binds_once BEFORE INSERT ON agenda_item FOR EACH ROW"
        " EXECUTE FUNCTION agenda_item_binds_once()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER binds_once ON agenda_item")
    op.execute("DROP FUNCTION agenda_item_binds_once()")
    op.execute("DROP TRIGGER binds_once ON vote")
    op.execute("DROP FUNCTION vote_binds_once()")
