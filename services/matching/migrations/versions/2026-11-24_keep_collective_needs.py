"""Keep collective needs.

Revision: 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "collective_need",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="编号"),
        sa.Column("title", sa.Text(), nullable=False, comment="名称，仅内部"),
        sa.Column("description", sa.Text(), nullable=True, comment="说明，仅内部"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="居村或街镇 12 位代码"),
        sa.Column("estate_id", sa.Uuid(), nullable=True, comment="小区在资源库中的标识"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("target_group", sa.Text(), nullable=True, comment="字典 target_group"),
        sa.Column(
            "persons", sa.Integer(), nullable=False, comment="涉及人数，公布时不足十人不显示"
        ),
        sa.Column(
            "evidence",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="依据，仅内部",
        ),
        sa.Column(
            "status",
            sa.Text(),
            nullable=False,
            comment="状态：待回应、已认领、已回应、转购买、已办结",
        ),
        sa.Column("claimed_by_id", sa.Uuid(), nullable=True, comment="认领单位在资源库中的标识"),
        sa.Column("pledge_id", sa.Uuid(), nullable=True, comment="资源库中的资源认领"),
        sa.Column("claim_note", sa.Text(), nullable=True, comment="认领说明，仅内部"),
        sa.Column("outcome_note", sa.Text(), nullable=True, comment="结果或原因，仅内部"),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False, comment="提出时间"),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True, comment="认领时间"),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True, comment="回应时间"),
        sa.Column(
            "to_purchase_at", sa.DateTime(timezone=True), nullable=True, comment="转购买时间"
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True, comment="办结时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "(status = 'closed') = (closed_at IS NOT NULL)",
            name=op.f("ck_collective_need_closed_at"),
        ),
        sa.CheckConstraint(
            "status <> 'claimed' OR (claimed_by_id IS NOT NULL AND claimed_at IS NOT NULL)",
            name=op.f("ck_collective_need_claimed_by_somebody"),
        ),
        sa.CheckConstraint(
            "status IN ('open', 'claimed', 'answered', 'to_purchase', 'closed')",
            name=op.f("ck_collective_need_status"),
        ),
        sa.CheckConstraint(
            "jsonb_array_length(evidence) > 0", name=op.f("ck_collective_need_rests_on_something")
        ),
        sa.CheckConstraint("persons >= 2", name=op.f("ck_collective_need_of_more_than_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collective_need")),
        sa.UniqueConstraint("number", name=op.f("uq_collective_need_number")),
        comment="共性需求：居村或小区多人相同的需求",
    )
    op.create_index(
        "ix_collective_need_area_code", "collective_need", ["area_code", "id"], unique=False
    )
    op.create_index(
        "ix_collective_need_claimed_by_id", "collective_need", ["claimed_by_id", "id"], unique=False
    )
    op.create_index(
        "ix_collective_need_status", "collective_need", ["status", "area_code", "id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("collective_need")
