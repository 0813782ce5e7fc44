"""Let a resolution go on from one on the same matter, made in the area of its body or within it.

Who goes on from a resolution can overturn it, and nobody else goes on from it then: what is decided
elsewhere is not to be ended so. The matter is the proposal; without one it is a topic of the same
body with the same title.

Resolutions of before went on from anything. A link over which none counts against any counted for
nothing already, but kept the body's own resolution out: it is taken off, which changes nothing of
what stands. Taking this back does not tie it again. Revision: 0068, after 0067.
"""

from alembic import op
from sqlalchemy import Connection, text

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

# Whether `later` is on the matter of `previous`.
SAME_MATTER = """
(previous.proposal_id = {later}.proposal_id
 OR num_nonnulls(previous.proposal_id, {later}.proposal_id) = 0
    AND previous.body_id = {later}.body_id
    AND (SELECT title FROM meeting_topic
         WHERE meeting_id = previous.meeting_id AND position = previous.topic)
      = (SELECT title FROM meeting_topic
         WHERE meeting_id = {later}.meeting_id AND position = {later}.topic))
"""
# The significant digits of an area code are what stands before its empty levels.
SHORT = "regexp_replace({area}, '(0{{10}}|0{{8}}|0{{6}}|0{{3}})$', '')"
GOES_ON = f"""
CREATE FUNCTION resolution_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM resolution AS previous WHERE previous.id = NEW.previous_id
      AND {SAME_MATTER.format(later="NEW")}
      AND starts_with(previous.area_code, {SHORT.format(area="NEW.area_code")})
  ) THEN
    RAISE EXCEPTION 'a resolution goes on from one on its matter, within its area'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_resolution_goes_on_within_its_area';
  END IF;
  RETURN NEW;
END $$
"""
# `before`: each with all that it goes on from. `counted`: those of them that count against the
# other one: on its matter, in the area of the proposal. A link stays that one of these runs over.
DETACH = f"""
WITH RECURSIVE before AS (
  SELECT id, previous_id FROM resolution WHERE previous_id IS NOT NULL
  UNION
  SELECT before.id, further.previous_id FROM before
  JOIN resolution AS further ON further.id = before.previous_id
  WHERE further.previous_id IS NOT NULL
), counted AS (
  SELECT before.* FROM before
  JOIN resolution AS later USING (id)
  JOIN resolution AS previous ON previous.id = before.previous_id
  LEFT JOIN proposal ON proposal.id = later.proposal_id
  WHERE {SAME_MATTER.format(later="later")}
    AND starts_with(coalesce(proposal.area_code, previous.area_code),
                    {SHORT.format(area="later.area_code")})
)
UPDATE resolution AS linked SET previous_id = NULL
WHERE previous_id IS NOT NULL AND NOT EXISTS (
  SELECT FROM counted
  JOIN before AS above ON above.id = linked.id AND above.previous_id = counted.previous_id
  JOIN before AS below ON below.id = counted.id AND below.previous_id = linked.previous_id
)
"""


def upgrade() -> None:
    op.execute(GOES_ON)
    # From here to the end nobody else writes a resolution.
    op.execute(
        "CREATE TRIGGER goes_on BEFORE INSERT ON resolution FOR EACH ROW"
        " WHEN (NEW.previous_id IS NOT NULL) EXECUTE FUNCTION resolution_goes_on()"
    )
    detach(op.get_bind())


def detach(connection: Connection) -> None:
    """Take links off that count for nothing; a resolution otherwise only grows."""
    connection.execute(text("ALTER TABLE resolution DISABLE TRIGGER stays"))
    connection.execute(text(DETACH))
    connection.execute(text("ALTER TABLE resolution ENABLE TRIGGER stays"))


def downgrade() -> None:
    op.execute("DROP TRIGGER goes_on ON resolution")
    op.execute("DROP FUNCTION resolution_goes_on()")
