"""Keep outreach.

Revision: 0013, after 0012.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outreach_consent",
        sa.Column("resident", sa.Text(), nullable=False, comment="居民化名（用途 cases）"),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False, comment="同意时间"),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True, comment="撤回时间"),
        sa.PrimaryKeyConstraint("resident", name=op.f("pk_outreach_consent")),
        comment="政策找人：本人同意被告知",
    )
    op.create_table(
        "outreach_offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resident", sa.Text(), nullable=False, comment="居民化名（用途 cases）"),
        sa.Column("via_need_id", sa.Uuid(), nullable=False, comment="据以得知的需求"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("rule", sa.Text(), nullable=False, comment="应保尽保规则编号"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在居村"),
        sa.Column("line", sa.Text(), nullable=False, comment="条线"),
        sa.Column("answer", sa.Text(), nullable=False, comment="答复"),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False, comment="告知时间"),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True, comment="答复时间"),
        sa.Column("need_id", sa.Uuid(), nullable=True, comment="接受后登记的需求"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "(answer = 'accepted') = (need_id IS NOT NULL)",
            name=op.f("ck_outreach_offer_accepted_is_a_need"),
        ),
        sa.CheckConstraint(
            "(answer = 'pending') = (answered_at IS NULL)",
            name=op.f("ck_outreach_offer_answered_at"),
        ),
        sa.CheckConstraint(
            "answer IN ('pending', 'accepted', 'declined')", name=op.f("ck_outreach_offer_answer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outreach_offer")),
        comment="政策找人：告知及其答复",
    )
    op.create_index(
        "ix_outreach_offer_area_code", "outreach_offer", ["area_code", "id"], unique=False
    )
    op.create_index(
        "uq_outreach_offer_once", "outreach_offer", ["resident", "category"], unique=True
    )


def downgrade() -> None:
    op.drop_table("outreach_offer")
    op.drop_table("outreach_consent")
