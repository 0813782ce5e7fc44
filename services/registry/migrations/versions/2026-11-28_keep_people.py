"""Keep people, their names sealed, and the hours that they learnt and gave.

Revision: 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="种类：社会工作者、工作人员、志愿者"),
        sa.Column("name", sa.Text(), nullable=False, comment="姓名，加密"),
        sa.Column("phone", sa.Text(), nullable=True, comment="电话，加密"),
        sa.Column("organisation_id", sa.Uuid(), nullable=True, comment="所在机构"),
        sa.Column("venue_id", sa.Uuid(), nullable=True, comment="所在载体"),
        sa.Column("area_id", sa.Uuid(), nullable=False, comment="所在区划"),
        sa.Column(
            "area_code", sa.Text(), nullable=False, comment="所在区划 12 位代码，数据范围以此为准"
        ),
        sa.Column("line", sa.Text(), nullable=False, comment="条线，字典 department_line"),
        sa.Column("qualification", sa.Text(), nullable=True, comment="社会工作者职业资格"),
        sa.Column("certificate_number", sa.Text(), nullable=True, comment="证书编号，加密"),
        sa.Column("qualified_from", sa.Date(), nullable=True, comment="登记有效期起"),
        sa.Column("qualified_to", sa.Date(), nullable=True, comment="登记有效期止，含当日"),
        sa.Column("grade", sa.Text(), nullable=True, comment="职级"),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False, comment="语言，BCP 47"),
        sa.Column("skills", postgresql.ARRAY(sa.Text()), nullable=False, comment="擅长的服务类别"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态：在任、离任"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        sa.CheckConstraint(
            "kind IN ('social_worker', 'staff', 'volunteer')", name=op.f("ck_person_kind")
        ),
        sa.CheckConstraint(
            "qualification IN ('assistant', 'social_worker', 'senior')",
            name=op.f("ck_person_qualification"),
        ),
        sa.CheckConstraint(
            "status <> 'left' OR phone IS NULL", name=op.f("ck_person_left_forgets_the_phone")
        ),
        sa.CheckConstraint("status IN ('active', 'left')", name=op.f("ck_person_status")),
        sa.CheckConstraint(
            "(qualification IS NULL) = (certificate_number IS NULL) AND (qualification IS NULL) = (qualified_from IS NULL) AND (qualification IS NULL) = (qualified_to IS NULL)",
            name=op.f("ck_person_qualification_is_whole"),
        ),
        sa.CheckConstraint(
            "qualified_to >= qualified_from", name=op.f("ck_person_registration_runs_forward")
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_person_area_id_area")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_person_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        comment="人员：社工、工作人员、志愿者",
    )
    op.create_index("ix_person_area_code", "person", ["area_code", "id"], unique=False)
    op.create_index("ix_person_area_id", "person", ["area_id"], unique=False)
    op.create_index("ix_person_organisation_id", "person", ["organisation_id"], unique=False)
    op.create_table(
        "person_hour",
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="人员"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="继续教育或志愿服务"),
        sa.Column("on", sa.Date(), nullable=False, comment="日期"),
        sa.Column("hours", sa.Double(), nullable=False, comment="小时（学时）"),
        sa.Column("title", sa.Text(), nullable=False, comment="课程或活动"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, comment="登记时间"),
        sa.Column("recorded_by", sa.Text(), nullable=False, comment="登记人"),
        sa.CheckConstraint(
            "kind IN ('education', 'volunteering')", name=op.f("ck_person_hour_kind")
        ),
        sa.CheckConstraint("hours > 0", name=op.f("ck_person_hour_hours")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_hour_person_id_person")
        ),
        sa.PrimaryKeyConstraint("person_id", "id", name=op.f("pk_person_hour")),
        comment="继续教育学时与志愿服务时长",
    )
    op.create_index("ix_person_hour_on", "person_hour", ["person_id", "kind", "on"], unique=False)


def downgrade() -> None:
    for table in ("person_hour", "person"):
        op.drop_table(table)
