"""Find evidence by its record, and keep which days were computed.

Revision: 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SOURCE = "uq_evidence_source"


def upgrade() -> None:
    op.create_table(
        "rating_day",
        sa.Column("day", sa.Date(), nullable=False, comment="日期"),
        sa.Column("ratings", sa.Integer(), nullable=False, comment="重算的评级数"),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False, comment="完成时间"),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_rating_day")),
        comment="每日全市重算的完成记录",
    )
    op.drop_index("ix_evidence_counts_from_on", table_name="evidence")
    _source("source_id", "source", "provider_id", "dimension")


def downgrade() -> None:
    _source("provider_id", "source", "source_id", "dimension")
    op.create_index(
        "ix_evidence_counts_from_on",
        "evidence",
        ["counts_from_on"],
        unique=False,
        postgresql_where="source <> 'rating' AND known_to IS NULL",
    )
    op.drop_table("rating_day")


def _source(*columns: str) -> None:
    op.drop_index(SOURCE, table_name="evidence")
    op.create_index(
        SOURCE, "evidence", list(columns), unique=True, postgresql_where="known_to IS NULL"
    )
