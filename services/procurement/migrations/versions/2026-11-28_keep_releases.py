"""Keep releases.

Revision: 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ocds_record",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("ocid", sa.Text(), nullable=False, comment="OCDS 采购过程编号"),
        sa.Column("number", sa.Integer(), nullable=False, comment="最近一次发布的序号"),
        sa.Column(
            "released_at", sa.DateTime(timezone=True), nullable=False, comment="最近一次发布时间"
        ),
        sa.Column(
            "state",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="最近一次发布时的全部公开内容",
        ),
        sa.Column(
            "compiled", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="合成结果"
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tender.id"], name=op.f("fk_ocds_record_tender_id_tender")
        ),
        sa.PrimaryKeyConstraint("tender_id", name=op.f("pk_ocds_record")),
        comment="OCDS 记录：由各次发布合成",
    )
    op.create_index("ix_ocds_record_ocid", "ocds_record", ["ocid"], unique=True)
    op.create_table(
        "ocds_release",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False, comment="序号"),
        sa.Column("key", sa.Uuid(), nullable=False, comment="列表次序"),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False, comment="发布时间"),
        sa.Column("tag", sa.ARRAY(sa.Text()), nullable=False, comment="releaseTag"),
        sa.Column(
            "body", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="发布内容"
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tender.id"], name=op.f("fk_ocds_release_tender_id_tender")
        ),
        sa.PrimaryKeyConstraint("tender_id", "number", name=op.f("pk_ocds_release")),
        comment="OCDS 发布：每步一份，只增不改",
    )
    op.create_index("ix_ocds_release_key", "ocds_release", ["key"], unique=True)
    op.execute(
        "CREATE FUNCTION ocds_release_stands() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'a release is never changed' USING ERRCODE = '23514',"
        " CONSTRAINT = 'ck_ocds_release_stands'; END $$"
    )
    op.execute(
        "CREATE TRIGGER ocds_release_stands BEFORE UPDATE OR DELETE ON ocds_release"
        " FOR EACH ROW EXECUTE FUNCTION ocds_release_stands()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER ocds_release_stands ON ocds_release")
    op.execute("DROP FUNCTION ocds_release_stands()")
    op.drop_index("ix_ocds_release_key", table_name="ocds_release")
    op.drop_table("ocds_release")
    op.drop_index("ix_ocds_record_ocid", table_name="ocds_record")
    op.drop_table("ocds_record")
