"""Keep likely duplicates, and the merges by which two records became one.

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
        "duplicate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="载体、机构"),
        sa.Column("first_id", sa.Uuid(), nullable=False, comment="较早的标识"),
        sa.Column("second_id", sa.Uuid(), nullable=False, comment="较晚的标识"),
        sa.Column("score", sa.Double(), nullable=False, comment="相像程度 0–1"),
        sa.Column(
            "reasons",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="理由，重者在前",
        ),
        sa.Column("status", sa.Text(), nullable=False, comment="待核、存疑、同一、不同"),
        sa.Column("merge_id", sa.Uuid(), nullable=True, comment="合并"),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False, comment="发现时间"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True, comment="判定时间"),
        sa.Column("decided_by", sa.Text(), nullable=True, comment="判定人（令牌 subject）"),
        sa.Column("decision_reason", sa.Text(), nullable=True, comment="判定理由"),
        sa.CheckConstraint(
            "(status = 'open') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (decision_reason IS NULL)",
            name=op.f("ck_duplicate_decided_says_who_and_why"),
        ),
        sa.CheckConstraint(
            "(status = 'same') = (merge_id IS NOT NULL)", name=op.f("ck_duplicate_same_is_merged")
        ),
        sa.CheckConstraint(
            "jsonb_typeof(reasons) = 'array'", name=op.f("ck_duplicate_reasons_are_a_list")
        ),
        sa.CheckConstraint("kind IN ('venue', 'organisation')", name=op.f("ck_duplicate_kind")),
        sa.CheckConstraint(
            "status IN ('open', 'unsure', 'same', 'different')", name=op.f("ck_duplicate_status")
        ),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_duplicate_in_order")),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name=op.f("ck_duplicate_score")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate")),
        sa.UniqueConstraint(
            "kind", "first_id", "second_id", name=op.f("uq_duplicate_kind_first_id_second_id")
        ),
        comment="疑似重复：分数、理由、判定",
    )
    op.create_index(
        "ix_duplicate_queue", "duplicate", ["kind", "status", "score", "id"], unique=False
    )
    op.create_index("ix_duplicate_second_id", "duplicate", ["second_id"], unique=False)
    op.create_table(
        "merge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="载体、机构"),
        sa.Column("kept_id", sa.Uuid(), nullable=False, comment="保留的记录"),
        sa.Column("retired_id", sa.Uuid(), nullable=False, comment="并入的记录"),
        sa.Column(
            "area_code", sa.Text(), nullable=False, comment="保留记录所在区划，数据范围以此为准"
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="理由"),
        sa.Column(
            "taken",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="采用的字段：原值与现值",
        ),
        sa.Column(
            "moved",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="改指的引用：列与记录标识",
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="合并时间"),
        sa.Column("made_by", sa.Text(), nullable=False, comment="合并人（令牌 subject）"),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True, comment="撤销时间"),
        sa.Column("undone_by", sa.Text(), nullable=True, comment="撤销人（令牌 subject）"),
        sa.Column("undo_reason", sa.Text(), nullable=True, comment="撤销理由"),
        sa.CheckConstraint("kind IN ('venue', 'organisation')", name=op.f("ck_merge_kind")),
        sa.CheckConstraint(
            "(undone_at IS NULL) = (undone_by IS NULL) AND (undone_at IS NULL) = (undo_reason IS NULL)",
            name=op.f("ck_merge_undone_says_who_and_why"),
        ),
        sa.CheckConstraint("kept_id <> retired_id", name=op.f("ck_merge_of_two")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge")),
        comment="合并：采用了什么、改指了什么，可撤销",
    )
    op.create_index("ix_merge_kept_id", "merge", ["kind", "kept_id"], unique=False)
    op.create_index(
        "uq_merge_retired_once",
        "merge",
        ["kind", "retired_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_table(
        "record_key",
        sa.Column("kind", sa.Text(), nullable=False, comment="载体、机构"),
        sa.Column("key", sa.Text(), nullable=False, comment="键：代码、电话、读音、位置等"),
        sa.Column("record_id", sa.Uuid(), nullable=False, comment="记录"),
        sa.CheckConstraint("kind IN ('venue', 'organisation')", name=op.f("ck_record_key_kind")),
        sa.PrimaryKeyConstraint("kind", "key", "record_id", name=op.f("pk_record_key")),
        comment="查重用的分块键，随记录重算",
    )
    op.create_index("ix_record_key_record_id", "record_key", ["kind", "record_id"], unique=False)
    op.create_table(
        "record_seen",
        sa.Column("kind", sa.Text(), nullable=False, comment="载体、机构"),
        sa.Column("record_id", sa.Uuid(), nullable=False, comment="记录"),
        sa.Column("version", sa.Integer(), nullable=False, comment="已查看的版本"),
        sa.CheckConstraint("kind IN ('venue', 'organisation')", name=op.f("ck_record_seen_kind")),
        sa.PrimaryKeyConstraint("kind", "record_id", name=op.f("pk_record_seen")),
        comment="查重进度：已查看到的版本",
    )
    op.add_column(
        "organisation",
        sa.Column("merged_into_id", sa.Uuid(), nullable=True, comment="已并入的机构"),
    )
    op.create_index(
        "ix_organisation_merged_into_id",
        "organisation",
        ["merged_into_id"],
        unique=False,
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("fk_organisation_merged_into_id_organisation"),
        "organisation",
        "organisation",
        ["merged_into_id"],
        ["id"],
    )
    op.add_column(
        "venue", sa.Column("merged_into_id", sa.Uuid(), nullable=True, comment="已并入的载体")
    )
    op.create_index(
        "ix_venue_merged_into_id",
        "venue",
        ["merged_into_id"],
        unique=False,
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    for table in ("organisation", "venue"):
        op.create_check_constraint("not_into_itself", table, "merged_into_id <> id")
    op.drop_index("ix_organisation_active", table_name="organisation")
    op.create_index(
        "ix_organisation_active",
        "organisation",
        ["id"],
        postgresql_where=sa.text("status = 'active' AND merged_into_id IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_organisation_active", table_name="organisation")
    op.create_index(
        "ix_organisation_active",
        "organisation",
        ["id"],
        postgresql_where=sa.text("status = 'active'"),
    )
    for table in ("organisation", "venue"):
        op.drop_column(table, "merged_into_id")
    for table in ("record_seen", "record_key", "merge", "duplicate"):
        op.drop_table(table)
