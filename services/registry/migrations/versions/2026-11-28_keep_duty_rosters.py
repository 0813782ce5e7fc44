"""Keep duty rosters: one at a time in a venue, one substitution at a time of a post.

Revision: 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEPT = ("duty",)


def upgrade() -> None:
    op.create_table(
        "duty",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False, comment="载体"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("valid_to", sa.Date(), nullable=False, comment="截止日期，不含当日"),
        sa.Column("a_title", sa.Text(), nullable=False, comment="A角岗位"),
        sa.Column("a_phone", sa.Text(), nullable=False, comment="A角值班电话"),
        sa.Column("a_person_id", sa.Uuid(), nullable=True, comment="A角人员，不对外"),
        sa.Column(
            "a_hours",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="A角在岗时间；空为载体开放即在岗",
        ),
        sa.Column("b_title", sa.Text(), nullable=False, comment="B角岗位"),
        sa.Column("b_phone", sa.Text(), nullable=False, comment="B角值班电话"),
        sa.Column("b_person_id", sa.Uuid(), nullable=True, comment="B角人员，不对外"),
        sa.Column(
            "b_hours",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="B角在岗时间；空为载体开放即在岗",
        ),
        sa.Column(
            "uncovered_minutes", sa.Integer(), nullable=False, comment="期内开放而无人在岗的分钟"
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        postgresql.ExcludeConstraint(
            (sa.column("venue_id"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            using="gist",
            name="ex_duty_one_at_a_time",
        ),
        sa.CheckConstraint("a_person_id <> b_person_id", name=op.f("ck_duty_two_persons")),
        sa.CheckConstraint(
            "valid_to IS NOT NULL AND uncovered_minutes >= 0", name=op.f("ck_duty_is_whole")
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_duty_valid_to_after_valid_from"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty")),
        comment="AB角值守：载体每期的责任人与替补",
    )
    op.create_index("ix_duty_venue_id", "duty", ["venue_id", "valid_from"], unique=False)
    op.create_table(
        "duty_substitution",
        sa.Column("duty_id", sa.Uuid(), nullable=False, comment="所属排班"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False, comment="A角或B角"),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False, comment="开始"),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False, comment="结束，不含"),
        sa.Column("reason", sa.Text(), nullable=False, comment="原因代码"),
        sa.Column("title", sa.Text(), nullable=True, comment="替补岗位；空为无人替补"),
        sa.Column("phone", sa.Text(), nullable=True, comment="替补电话"),
        sa.Column("person_id", sa.Uuid(), nullable=True, comment="替补人员，不对外"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, comment="登记时间"),
        sa.Column("recorded_by", sa.Text(), nullable=False, comment="登记人"),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True, comment="撤回时间"),
        postgresql.ExcludeConstraint(
            (sa.column("duty_id"), "="),
            (sa.column("post"), "="),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            where=sa.text("cancelled_at IS NULL"),
            using="gist",
            name="ex_duty_substitution_one_at_a_time",
        ),
        sa.CheckConstraint("post IN ('a', 'b')", name=op.f("ck_duty_substitution_post")),
        sa.CheckConstraint(
            "reason IN ('leave', 'training', 'redeployed', 'vacant', 'emergency')",
            name=op.f("ck_duty_substitution_reason"),
        ),
        sa.CheckConstraint(
            "(title IS NULL) = (phone IS NULL)", name=op.f("ck_duty_substitution_stand_in_is_whole")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_duty_substitution_runs_forward")),
        sa.ForeignKeyConstraint(
            ["duty_id"], ["duty.id"], name=op.f("fk_duty_substitution_duty_id_duty")
        ),
        sa.PrimaryKeyConstraint("duty_id", "id", name=op.f("pk_duty_substitution")),
        comment="替班与缺岗记录，只增不删",
    )
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER keep_version AFTER UPDATE ON {table}"
            " REFERENCING OLD TABLE AS replaced NEW TABLE AS standing"
            " FOR EACH STATEMENT EXECUTE FUNCTION keep_version()"
        )


def downgrade() -> None:
    for table in ("duty_substitution", "duty"):
        op.drop_table(table)
