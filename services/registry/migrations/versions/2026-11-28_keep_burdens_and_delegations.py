"""Keep the burden ledger and delegations: what may be asked, and what a venue's head decides alone.

Revision: 0015, after 0014.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "admitted",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False, comment="事项名称"),
        sa.Column("basis", sa.Text(), nullable=False, comment="依据文件及文号"),
        sa.Column("line", sa.Text(), nullable=False, comment="条线，字典 department_line"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="适用区划 12 位代码"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("valid_to", sa.Date(), nullable=False, comment="截止日期，不含当日"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_admitted_valid_to_after_valid_from"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admitted")),
        comment="事务准入清单",
    )
    op.create_index("ix_admitted_area_code", "admitted", ["area_code", "id"], unique=False)
    op.create_table(
        "delegation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False, comment="载体"),
        sa.Column("power", sa.Text(), nullable=False, comment="授权事项"),
        sa.Column("limit_fen", sa.BigInteger(), nullable=False, comment="每次金额上限，分"),
        sa.Column(
            "organisation_ids",
            postgresql.ARRAY(sa.Uuid()),
            nullable=False,
            comment="可调用的单位；空为不限",
        ),
        sa.Column("basis", sa.Text(), nullable=False, comment="授权文件及文号"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("valid_to", sa.Date(), nullable=False, comment="截止日期，不含当日"),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True, comment="撤销时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        postgresql.ExcludeConstraint(
            (sa.column("venue_id"), "="),
            (sa.column("power"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            where=sa.text("revoked_at IS NULL"),
            using="gist",
            name="ex_delegation_one_at_a_time",
        ),
        sa.CheckConstraint(
            "power IN ('call_resource', 'approve_market')", name=op.f("ck_delegation_power")
        ),
        sa.CheckConstraint("limit_fen >= 0", name=op.f("ck_delegation_limit_fen")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_delegation_valid_to_after_valid_from"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
        comment="对载体负责人的授权",
    )
    op.create_index("ix_delegation_venue_id", "delegation", ["venue_id", "id"], unique=False)
    op.create_table(
        "burden_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("admitted_id", sa.Uuid(), nullable=False, comment="准入清单事项"),
        sa.Column("department_id", sa.Uuid(), nullable=False, comment="提出部门"),
        sa.Column("line", sa.Text(), nullable=False, comment="条线，字典 department_line"),
        sa.Column("title", sa.Text(), nullable=False, comment="任务名称"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="街镇 12 位代码"),
        sa.Column("hours_a_month", sa.Double(), nullable=False, comment="每月工时"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("valid_to", sa.Date(), nullable=False, comment="截止日期，不含当日"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        sa.CheckConstraint("hours_a_month > 0", name=op.f("ck_burden_task_hours_a_month")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_burden_task_valid_to_after_valid_from"),
        ),
        sa.ForeignKeyConstraint(
            ["admitted_id"], ["admitted.id"], name=op.f("fk_burden_task_admitted_id_admitted")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["organisation.id"],
            name=op.f("fk_burden_task_department_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_burden_task")),
        comment="部门向街镇社工下派的任务",
    )
    op.create_index("ix_burden_task_area_code", "burden_task", ["area_code", "id"], unique=False)
    op.create_table(
        "delegated_decision",
        sa.Column("delegation_id", sa.Uuid(), nullable=False, comment="授权"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False, comment="金额，分"),
        sa.Column("limit_fen", sa.BigInteger(), nullable=False, comment="当时的上限，分"),
        sa.Column("organisation_id", sa.Uuid(), nullable=True, comment="所调用的单位"),
        sa.Column("note", sa.Text(), nullable=False, comment="事由"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False, comment="决定时间"),
        sa.Column("decided_by", sa.Text(), nullable=False, comment="决定人"),
        sa.CheckConstraint(
            "amount_fen BETWEEN 0 AND limit_fen",
            name=op.f("ck_delegated_decision_within_the_limit"),
        ),
        sa.ForeignKeyConstraint(
            ["delegation_id"],
            ["delegation.id"],
            name=op.f("fk_delegated_decision_delegation_id_delegation"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_delegated_decision_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("delegation_id", "id", name=op.f("pk_delegated_decision")),
        comment="依授权作出的决定，只增不改",
    )
    op.create_table(
        "burden_work",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False, comment="街镇 12 位代码"),
        sa.Column("kind", sa.Text(), nullable=False, comment="服务或行政"),
        sa.Column("on", sa.Date(), nullable=False, comment="日期"),
        sa.Column("hours", sa.Double(), nullable=False, comment="小时"),
        sa.Column("task_id", sa.Uuid(), nullable=True, comment="所属任务"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, comment="登记时间"),
        sa.Column("recorded_by", sa.Text(), nullable=False, comment="登记人"),
        sa.CheckConstraint(
            "kind IN ('service', 'administration')", name=op.f("ck_burden_work_kind")
        ),
        sa.CheckConstraint(
            "task_id IS NULL OR kind = 'administration'",
            name=op.f("ck_burden_work_tasks_administer"),
        ),
        sa.CheckConstraint("hours > 0", name=op.f("ck_burden_work_hours")),
        sa.ForeignKeyConstraint(
            ["task_id"], ["burden_task.id"], name=op.f("fk_burden_work_task_id_burden_task")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_burden_work")),
        comment="街镇社工工时：服务或行政",
    )
    op.create_index("ix_burden_work_area_code", "burden_work", ["area_code", "on"], unique=False)


def downgrade() -> None:
    for table in ("burden_work", "delegated_decision", "burden_task", "delegation", "admitted"):
        op.drop_table(table)
