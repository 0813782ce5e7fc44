"""Let a resolution go on from one on the same proposal, made in the area of its body or within it.

Who goes on from a resolution can overturn it, and nobody else goes on from it then: what is decided
elsewhere is not to be ended so. Revision: 0068, after 0067.
"""

from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

# The significant digits of an area code are what stands before its empty levels.
GOES_ON = """
CREATE FUNCTION resolution_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM resolution AS previous WHERE previous.id = NEW.previous_id
      AND previous.proposal_id IS NOT DISTINCT FROM NEW.proposal_id
      AND starts_with(previous.area_code,
                      regexp_replace(NEW.area_code, '(0{10}|0{8}|0{6}|0{3})$', ''))
  ) THEN
    RAISE EXCEPTION 'a resolution goes on from one on its proposal, within its area'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_resolution_goes_on_within_its_area';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute(GOES_ON)
    op.execute(
        "CREATE TRIGGER goes_on BEFORE INSERT ON resolution FOR EACH ROW"
        " WHEN (NEW.previous_id IS NOT NULL) EXECUTE FUNCTION resolution_goes_on()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER goes_on ON resolution")
    op.execute("DROP FUNCTION resolution_goes_on()")
