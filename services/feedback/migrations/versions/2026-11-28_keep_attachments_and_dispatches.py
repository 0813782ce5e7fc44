"""Keep attachments and dispatches.

Revision: 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dispatch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False, comment="工单"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="工单所在区划"),
        sa.Column("line", sa.Text(), nullable=False, comment="工单条线"),
        sa.Column("organisation_id", sa.Uuid(), nullable=False, comment="承办的入驻单位"),
        sa.Column("venue_id", sa.Uuid(), nullable=False, comment="载体"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("words", sa.Text(), nullable=False, comment="要办的事，密文"),
        sa.Column("answer", sa.Text(), nullable=True, comment="答复，密文"),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False, comment="派出时间"),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), nullable=False, comment="答复期限，不晚于工单期限"
        ),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True, comment="答复时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "status IN ('sent', 'done', 'declined')", name=op.f("ck_dispatch_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch")),
        comment="楼内派单：载体负责人派给入驻单位",
    )
    op.create_index("ix_dispatch_area", "dispatch", ["area_code", "id"], unique=False)
    op.create_index("ix_dispatch_organisation", "dispatch", ["organisation_id", "id"], unique=False)
    op.create_index(
        "uq_dispatch_open",
        "dispatch",
        ["case_id", "organisation_id"],
        unique=True,
        postgresql_where="status = 'sent'",
    )
    op.create_table(
        "attachment",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="文件名，密文"),
        sa.Column("media_type", sa.Text(), nullable=False, comment="按内容识别的类型"),
        sa.Column("size", sa.Integer(), nullable=False, comment="字节"),
        sa.Column("sm3", sa.Text(), nullable=False, comment="明文摘要，十六进制"),
        sa.Column("content", sa.LargeBinary(), nullable=True, comment="密文；存目录时为空"),
        sa.Column("path", sa.Text(), nullable=True, comment="目录中的文件名；存库时为空"),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False, comment="上传时间"),
        sa.Column("uploaded_by", sa.Text(), nullable=True, comment="工作人员；居民为空"),
        sa.CheckConstraint(
            "(content IS NULL) = (path IS NOT NULL)", name=op.f("ck_attachment_kept_in_one_place")
        ),
        sa.CheckConstraint("size > 0", name=op.f("ck_attachment_size")),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_order.id"],
            name=op.f("fk_attachment_case_id_case_order"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("case_id", "id", name=op.f("pk_attachment")),
        comment="附件：密文，存库或存目录",
    )


def downgrade() -> None:
    op.drop_table("attachment")
    op.drop_index("uq_dispatch_open", table_name="dispatch", postgresql_where="status = 'sent'")
    op.drop_index("ix_dispatch_organisation", table_name="dispatch")
    op.drop_index("ix_dispatch_area", table_name="dispatch")
    op.drop_table("dispatch")
