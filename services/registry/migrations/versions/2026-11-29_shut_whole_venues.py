"""Say of a blackout that it shuts the whole venue; let bookings stand where their rooms are; look
up by person who is responsible elsewhere.

A merge of venues used to leave behind what the rooms of the retired one held.

Revision: 0027, after 0026.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# What meets something else by now stays: it has been given twice, and people must decide.
_HELD = """
UPDATE space_occupancy o SET venue_id = s.venue_id FROM space s
WHERE s.id = o.cell_id AND s.venue_id <> o.venue_id AND NOT EXISTS (
  SELECT FROM space_occupancy t WHERE t.cell_id = o.cell_id
  AND t.holder_id <> o.holder_id AND t.during && o.during)
"""


def upgrade() -> None:
    op.add_column(
        "blackout",
        sa.Column(
            "is_whole",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="停用整个载体，其后新增的房间也在内",
        ),
    )
    op.execute(_HELD)
    op.create_index(
        "ix_duty_a_person_id",
        "duty",
        ["a_person_id"],
        unique=False,
        postgresql_where=sa.text("a_person_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_duty_a_person_id", table_name="duty")
    op.drop_column("blackout", "is_whole")
