"""Keep plans.

Revision: 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False, comment="名称"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在区划"),
        sa.Column("field", sa.Text(), nullable=False, comment="领域"),
        sa.Column("aims", sa.Text(), nullable=False, comment="长期购买思路"),
        sa.Column("document", sa.Text(), nullable=False, comment="文号"),
        sa.Column("first_year", sa.SmallInteger(), nullable=False, comment="首年"),
        sa.Column("last_year", sa.SmallInteger(), nullable=False, comment="末年，含"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True, comment="公布时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        postgresql.ExcludeConstraint(
            (sa.column("area_code"), "="),
            (sa.column("field"), "="),
            (sa.text("int4range(first_year, last_year, '[]')"), "&&"),
            where=sa.text("status = 'published'"),
            using="gist",
            name="ex_plan_once",
        ),
        sa.CheckConstraint(
            "(status = 'draft') = (published_at IS NULL)", name=op.f("ck_plan_published")
        ),
        sa.CheckConstraint(
            "field IN ('education', 'social_service', 'culture', 'health')",
            name=op.f("ck_plan_field"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'published', 'closed')", name=op.f("ck_plan_status")
        ),
        sa.CheckConstraint("last_year >= first_year", name=op.f("ck_plan_years")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        comment="长期购买服务计划：一个区域一个领域若干年",
    )
    op.create_index("ix_plan_area_code", "plan", ["area_code", "id"], unique=False)
    op.create_table(
        "plan_year",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("intended_fen", sa.BigInteger(), nullable=False, comment="投入计划，分"),
        sa.Column("itemised_fen", sa.BigInteger(), nullable=False, comment="已列项目，分"),
        sa.CheckConstraint(
            "itemised_fen BETWEEN 0 AND intended_fen", name=op.f("ck_plan_year_never_exceeded")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_year_plan_id_plan")),
        sa.PrimaryKeyConstraint("plan_id", "year", name=op.f("pk_plan_year")),
        comment="计划年度投入",
    )
    op.create_table(
        "purchase_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False, comment="所属计划"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="所在区划"),
        sa.Column("field", sa.Text(), nullable=False, comment="领域"),
        sa.Column("year", sa.SmallInteger(), nullable=False, comment="年度"),
        sa.Column("origin", sa.Text(), nullable=False, comment="来源"),
        sa.Column("title", sa.Text(), nullable=False, comment="名称"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("service_item_id", sa.Uuid(), nullable=True, comment="服务事项"),
        sa.Column("target_groups", sa.ARRAY(sa.Text()), nullable=False, comment="服务对象"),
        sa.Column("money_fen", sa.BigInteger(), nullable=False, comment="金额，分"),
        sa.Column("method", sa.Text(), nullable=True, comment="意愿方式"),
        sa.Column("agenda_id", sa.Uuid(), nullable=True, comment="议题清单"),
        sa.Column("agenda_item_id", sa.Uuid(), nullable=True, comment="居民议题"),
        sa.Column("department", sa.Text(), nullable=True, comment="提出的条线"),
        sa.Column("reason", sa.Text(), nullable=True, comment="部门单独提出的公开理由"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("tender_id", sa.Uuid(), nullable=True, comment="采购过程"),
        sa.Column("drop_reason", sa.Text(), nullable=True, comment="不再购买的公开理由"),
        sa.Column("planned_on", sa.Date(), nullable=False, comment="列入日期"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        sa.CheckConstraint(
            "(origin = 'agenda') = (agenda_item_id IS NOT NULL) AND (origin = 'department') = (department IS NOT NULL AND reason IS NOT NULL)",
            name=op.f("ck_purchase_item_origin_is_told"),
        ),
        sa.CheckConstraint(
            "(status = 'dropped') = (drop_reason IS NOT NULL)",
            name=op.f("ck_purchase_item_drop_has_reason"),
        ),
        sa.CheckConstraint(
            "method IN ('open_tender', 'invited_tender', 'consultation', 'negotiation', 'inquiry', 'single_source', 'framework', 'selection', 'venture')",
            name=op.f("ck_purchase_item_method"),
        ),
        sa.CheckConstraint(
            "origin IN ('agenda', 'department')", name=op.f("ck_purchase_item_origin")
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'tendering', 'contracted', 'dropped')",
            name=op.f("ck_purchase_item_status"),
        ),
        sa.CheckConstraint("money_fen > 0", name=op.f("ck_purchase_item_money_fen")),
        sa.ForeignKeyConstraint(
            ["plan_id", "year"],
            ["plan_year.plan_id", "plan_year.year"],
            name=op.f("fk_purchase_item_plan_id_year_plan_year"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_item")),
        comment="购买项目：来自居民议题，或注明仅由部门提出",
    )
    op.create_index(
        "ix_purchase_item_area_code", "purchase_item", ["area_code", "id"], unique=False
    )
    op.create_index("ix_purchase_item_plan_id", "purchase_item", ["plan_id", "id"], unique=False)
    op.create_index(
        "uq_purchase_item_agenda_item_id",
        "purchase_item",
        ["agenda_item_id"],
        unique=True,
        postgresql_where="status <> 'dropped'",
    )
    op.create_index(
        "uq_purchase_item_tender_id",
        "purchase_item",
        ["tender_id"],
        unique=True,
        postgresql_where="status <> 'dropped'",
    )


def downgrade() -> None:
    op.drop_index(
        "uq_purchase_item_tender_id",
        table_name="purchase_item",
        postgresql_where="status <> 'dropped'",
    )
    op.drop_index(
        "uq_purchase_item_agenda_item_id",
        table_name="purchase_item",
        postgresql_where="status <> 'dropped'",
    )
    op.drop_index("ix_purchase_item_plan_id", table_name="purchase_item")
    op.drop_index("ix_purchase_item_area_code", table_name="purchase_item")
    op.drop_table("purchase_item")
    op.drop_table("plan_year")
    op.drop_index("ix_plan_area_code", table_name="plan")
    op.drop_table("plan")
