"""Mirror what other services publish.

Revision: 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mirrored",
        sa.Column("kind", sa.Text(), nullable=False, comment="变更流种类"),
        sa.Column("record_id", sa.Uuid(), nullable=False, comment="记录标识"),
        sa.Column("area_code", sa.Text(), nullable=True, comment="记录所在区划，无则为空"),
        sa.Column(
            "state", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="记录的状态"
        ),
        sa.PrimaryKeyConstraint("kind", "record_id", name=op.f("pk_mirrored")),
        comment="其他服务公开记录的副本，只由变更流写入",
    )
    op.create_index(
        "ix_mirrored_area_code", "mirrored", ["kind", "area_code", "record_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("mirrored")
