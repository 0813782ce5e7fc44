"""Keep questions about ratings.

Revision: 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "anomaly",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="种类"),
        sa.Column("provider_id", sa.Uuid(), nullable=False, comment="承接机构"),
        sa.Column("category", sa.Text(), nullable=True, comment="字典 service_category"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="街镇"),
        sa.Column("trace", sa.Text(), nullable=False, comment="同一现象只提示一次的键"),
        sa.Column("seen_on", sa.Date(), nullable=False, comment="发现日"),
        sa.Column("found", sa.Integer(), nullable=False, comment="看到的数量"),
        sa.Column("expected", sa.Double(), nullable=False, comment="通常的数量"),
        sa.Column("reason", sa.Text(), nullable=False, comment="为何提示"),
        sa.Column("rating_ids", sa.ARRAY(sa.Uuid()), nullable=False, comment="涉及的评价"),
        sa.Column("finding", sa.Text(), nullable=True, comment="查看结论"),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True, comment="查看时间"),
        sa.Column("reviewed_by", sa.Text(), nullable=True, comment="查看人"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.CheckConstraint("kind IN ('burst', 'device', 'alike')", name=op.f("ck_anomaly_kind")),
        sa.CheckConstraint(
            "(reviewed_at IS NULL) = (finding IS NULL)",
            name=op.f("ck_anomaly_reviewed_with_a_finding"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anomaly")),
        comment="评价异常提示：只提示，由人查看，不删评价",
    )
    op.create_index("ix_anomaly_area_code", "anomaly", ["area_code", "id"], unique=False)
    op.create_index("uq_anomaly_once", "anomaly", ["kind", "provider_id", "trace"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_anomaly_once", table_name="anomaly")
    op.drop_index("ix_anomaly_area_code", table_name="anomaly")
    op.drop_table("anomaly")
