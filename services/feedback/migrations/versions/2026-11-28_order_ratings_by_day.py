"""Order ratings by their day, now that their ids tell no time.

Revision: 0027, after 0026. Ids that were given out stay. The database tells the day, so that the
release before can go on writing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

DAYS = (
    ("rating", "rated_on", "rated_at", "评价日期"),
    ("bad_rating", "opened_on", "opened_at", "差评日期，列表的次序"),
)
APPEALED = ("area_code", "provider_id")


def upgrade() -> None:
    for table, day, instant, comment in DAYS:
        of = f"({instant} AT TIME ZONE 'Asia/Shanghai')::date"
        op.add_column(
            table,
            sa.Column(
                day, sa.Date(), sa.Computed(of, persisted=True), nullable=False, comment=comment
            ),
        )
    op.alter_column(
        "rating", "rated_at", comment="评价时间；只给评价人", existing_comment="评价时间"
    )
    op.drop_index("ix_rating_area_code", "rating")
    op.create_index("ix_rating_rated_on", "rating", ["rated_on", "id"])
    op.drop_index("ix_bad_rating_area_code", "bad_rating")
    op.create_index(
        "ix_bad_rating_area_code", "bad_rating", ["area_code", "opened_on", "rating_id"]
    )
    for column in APPEALED:
        name = f"ix_rating_appeal_{column}"
        op.drop_index(name, "rating_appeal")
        op.create_index(name, "rating_appeal", [column, "appealed_at", "id"])


def downgrade() -> None:
    for column in APPEALED:
        name = f"ix_rating_appeal_{column}"
        op.drop_index(name, "rating_appeal")
        op.create_index(name, "rating_appeal", [column, "id"])
    op.drop_index("ix_bad_rating_area_code", "bad_rating")
    op.create_index("ix_bad_rating_area_code", "bad_rating", ["area_code", "rating_id"])
    op.drop_index("ix_rating_rated_on", "rating")
    op.create_index("ix_rating_area_code", "rating", ["area_code", "id"])
    op.alter_column(
        "rating", "rated_at", comment="评价时间", existing_comment="评价时间；只给评价人"
    )
    for table, day, *_ in DAYS:
        op.drop_column(table, day)
