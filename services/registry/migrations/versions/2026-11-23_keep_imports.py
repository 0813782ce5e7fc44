"""Keep imports: the job, its file in parts, its errors.

Revision: 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "import_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="表的种类"),
        sa.Column("file_name", sa.Text(), nullable=False, comment="上传时的文件名，仅供显示"),
        sa.Column("format", sa.Text(), nullable=False, comment="xlsx 或 csv，按内容判定"),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False, comment="文件大小，字节"),
        sa.Column("mode", sa.Text(), nullable=False, comment="保留正确行，或全部成功才导入"),
        sa.Column("dry_run", sa.Boolean(), nullable=False, comment="试运行，不写入"),
        sa.Column("loose", sa.Boolean(), nullable=False, comment="忽略未知的列"),
        sa.Column(
            "actor",
            postgresql.JSONB(),
            nullable=False,
            comment="提交人及其角色、辖区、条线；导入以其名义进行",
        ),
        sa.Column("owner", sa.Text(), nullable=False, comment="提交人：issuer|subject"),
        sa.Column("area", sa.Text(), nullable=True, comment="提交人辖区的有效位前缀"),
        sa.Column("request_id", sa.Text(), nullable=False, comment="上传请求的编号，写入审计"),
        sa.Column("state", sa.Text(), nullable=False, comment="排队、进行、完成、失败、取消"),
        sa.Column("cancel", sa.Boolean(), nullable=False, comment="已请求取消"),
        sa.Column("lease", sa.Uuid(), nullable=True, comment="正在办理的进程"),
        sa.Column("lease_until", INSTANT, nullable=True, comment="租约到期后他人可接手"),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="读写进程意外终止的次数"),
        sa.Column("position", sa.Integer(), nullable=False, comment="已处理至文件第几行"),
        sa.Column("rows_read", sa.Integer(), nullable=False, comment="已读数据行数"),
        sa.Column("rows_inserted", sa.Integer(), nullable=False, comment="新增行数"),
        sa.Column("rows_updated", sa.Integer(), nullable=False, comment="更新行数"),
        sa.Column("rows_unchanged", sa.Integer(), nullable=False, comment="与现状相同的行数"),
        sa.Column("rows_failed", sa.Integer(), nullable=False, comment="有误的行数"),
        sa.Column("errors_kept", sa.Integer(), nullable=False, comment="留存的错误条数"),
        sa.Column("share", sa.Double(), nullable=False, comment="已读的比例 0–1，按字节"),
        sa.Column("sheet", sa.Text(), nullable=True, comment="读取的工作表"),
        sa.Column("unread_sheets", postgresql.JSONB(), nullable=False, comment="未读取的工作表"),
        sa.Column("problem", postgresql.JSONB(), nullable=True, comment="整个文件的错误"),
        sa.Column("created_at", INSTANT, nullable=False, comment="提交时间"),
        sa.Column("started_at", INSTANT, nullable=True, comment="开始时间"),
        sa.Column("finished_at", INSTANT, nullable=True, comment="结束时间"),
        sa.Column("purge_at", INSTANT, nullable=True, comment="文件与错误清除时间；已清除为空"),
        sa.CheckConstraint(
            "kind IN ('area', 'organisation', 'incubation', 'venue', 'service_item', 'offering',"
            " 'dictionary_entry')",
            name=op.f("ck_import_job_kind"),
        ),
        sa.CheckConstraint("format IN ('xlsx', 'csv')", name=op.f("ck_import_job_format")),
        sa.CheckConstraint(
            "mode IN ('good_rows', 'all_or_nothing')", name=op.f("ck_import_job_mode")
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')",
            name=op.f("ck_import_job_state"),
        ),
        sa.CheckConstraint(
            "(state IN ('queued', 'running')) = (finished_at IS NULL)",
            name=op.f("ck_import_job_finished_at"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_job")),
        comment="导入任务",
    )
    op.create_index(
        "ix_import_job_open",
        "import_job",
        ["created_at"],
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_index("ix_import_job_owner", "import_job", ["owner", "id"])
    op.create_index(
        "ix_import_job_area",
        "import_job",
        ["area", "id"],
        postgresql_ops={"area": "text_pattern_ops"},
    )
    op.create_index(
        "ix_import_job_purge_at",
        "import_job",
        ["purge_at"],
        postgresql_where=sa.text("purge_at IS NOT NULL"),
    )
    op.create_table(
        "import_part",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="段号，自 0"),
        sa.Column(
            "content", sa.LargeBinary(), nullable=False, comment="内容，不再压缩（EXTERNAL）"
        ),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["import_job.id"],
            name=op.f("fk_import_part_job_id_import_job"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("job_id", "number", name=op.f("pk_import_part")),
        comment="导入文件的分段（1 MB）",
    )
    # A workbook is compressed already; trying again would cost a second for each 30 MB.
    op.execute("ALTER TABLE import_part ALTER COLUMN content SET STORAGE EXTERNAL")
    op.create_table(
        "import_row_error",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False, comment="行号"),
        sa.Column("place", sa.Integer(), nullable=False, comment="列号，自 0；-1 为整行"),
        sa.Column("heading", sa.Text(), nullable=False, comment="列名"),
        sa.Column("value", sa.Text(), nullable=False, comment="原值，至多 200 字"),
        sa.Column("slug", sa.Text(), nullable=False, comment="错误标识"),
        sa.Column("message_zh", sa.Text(), nullable=False, comment="说明"),
        sa.Column("message_en", sa.Text(), nullable=False, comment="说明（英文）"),
        sa.Column("remedy_zh", sa.Text(), nullable=False, comment="改正办法"),
        sa.Column("remedy_en", sa.Text(), nullable=False, comment="改正办法（英文）"),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["import_job.id"],
            name=op.f("fk_import_row_error_job_id_import_job"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("job_id", "row", "place", name=op.f("pk_import_row_error")),
        comment="导入文件中有误的单元格",
    )


def downgrade() -> None:
    for table in ("import_row_error", "import_part", "import_job"):
        op.drop_table(table)
