"""Hold releases apart and unchanged, with what assessments compute from them.

Revision: 0022, after 0021.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# Of releases so far: as counted now. Of a venue what people of its own town said.
HOME = (
    "JOIN mirrored m ON m.kind = 'venue' AND m.record_id = t.venue_id"
    " AND left(m.area_code, 9) = left(t.area_code, 9)"
)
SUBJECTS = (("provider", ""), ("contract", ""), ("venue", HOME))
LEVELS = ", ".join(
    f"coalesce(sum(t.count) FILTER (WHERE t.is_counted AND t.level = {level}), 0)::int"
    for level in range(1, 6)
)


def upgrade() -> None:
    op.add_column(
        "figure",
        sa.Column(
            "levels",
            postgresql.ARRAY(sa.Integer()),
            nullable=True,
            comment="一至五级各几条，考核据此计算，不发布",
        ),
    )
    op.add_column(
        "figure",
        sa.Column("served", sa.Integer(), nullable=True, comment="服务数，考核据此计算"),
    )
    for subject, home in SUBJECTS:
        op.execute(
            "UPDATE figure f SET levels = c.levels,"
            " served = CASE WHEN f.response_share IS NOT NULL THEN c.served END"
            f" FROM (SELECT l.id, t.category, t.{subject}_id::text AS key, ARRAY[{LEVELS}] AS levels,"
            " sum(t.count) FILTER (WHERE t.channel = 'served')::int AS served"
            " FROM statistics_release l JOIN tally t ON t.month_on BETWEEN l.from_on AND l.until_on"
            f" {home} WHERE t.{subject}_id IS NOT NULL GROUP BY 1, 2, 3) c"
            f" WHERE f.release_id = c.id AND f.category = c.category AND f.subject = '{subject}'"
            " AND f.key = c.key AND f.ratings IS NOT NULL"
        )
    op.execute(
        "ALTER TABLE statistics_release ADD CONSTRAINT ex_statistics_release_apart"
        " EXCLUDE USING gist (daterange(from_on, until_on, '[]') WITH &&)"
    )
    for table in ("statistics_release", "figure"):
        op.execute(
            f"CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION row_stays()"
        )


def downgrade() -> None:
    for table in ("statistics_release", "figure"):
        op.execute(f"DROP TRIGGER stays ON {table}")
    op.drop_constraint("ex_statistics_release_apart", "statistics_release")
    op.drop_column("figure", "served")
    op.drop_column("figure", "levels")
