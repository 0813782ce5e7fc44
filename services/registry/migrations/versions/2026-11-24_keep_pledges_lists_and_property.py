"""Keep pledges, delivery lists and idle property, each with its versions.

Revision: 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEPT = ("pledge", "delivery_list", "idle_property")


def upgrade() -> None:
    op.create_table(
        "delivery_list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False, comment="名称"),
        sa.Column("area_id", sa.Uuid(), nullable=False, comment="街镇"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="街镇 12 位代码"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("valid_to", sa.Date(), nullable=False, comment="截止日期，不含当日"),
        sa.Column(
            "lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="清单各行"
        ),
        sa.Column("status", sa.Text(), nullable=False, comment="状态：草稿、已公布、已撤回"),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True, comment="公布时间"),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True, comment="撤回时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        postgresql.ExcludeConstraint(
            (sa.column("area_code"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            where=sa.text("status = 'published'"),
            using="gist",
            name="ex_delivery_list_one_at_a_time",
        ),
        sa.CheckConstraint(
            "(status = 'draft') = (published_at IS NULL) AND (status = 'withdrawn') = (withdrawn_at IS NOT NULL)",
            name=op.f("ck_delivery_list_steps_have_times"),
        ),
        sa.CheckConstraint(
            "jsonb_typeof(lines) = 'array'", name=op.f("ck_delivery_list_lines_are_a_list")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'published', 'withdrawn')", name=op.f("ck_delivery_list_status")
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_delivery_list_valid_to_after_valid_from"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id"], ["area.id"], name=op.f("fk_delivery_list_area_id_area")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_list")),
        comment="街镇资源配送清单：可调用什么、谁可调用、如何调用",
    )
    op.create_index(
        "ix_delivery_list_area_code", "delivery_list", ["area_code", "id"], unique=False
    )
    op.create_index("ix_delivery_list_area_id", "delivery_list", ["area_id"], unique=False)
    op.create_table(
        "idle_property",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True, comment="外部编码"),
        sa.Column("name", sa.Text(), nullable=False, comment="名称"),
        sa.Column("area_id", sa.Uuid(), nullable=False, comment="所在区划"),
        sa.Column(
            "area_code", sa.Text(), nullable=False, comment="所在区划 12 位代码，数据范围以此为准"
        ),
        sa.Column("address", sa.Text(), nullable=True, comment="地址"),
        sa.Column("lon", sa.Double(), nullable=True, comment="经度，WGS-84，度"),
        sa.Column("lat", sa.Double(), nullable=True, comment="纬度，WGS-84，度"),
        sa.Column("coord_source", sa.Text(), nullable=True, comment="交来时的坐标系"),
        sa.Column("owner_id", sa.Uuid(), nullable=True, comment="产权单位"),
        sa.Column("owner_name", sa.Text(), nullable=True, comment="尚未登记的产权单位名称"),
        sa.Column("floor_area_m2", sa.Double(), nullable=True, comment="建筑面积，平方米"),
        sa.Column(
            "tenure", sa.Text(), nullable=True, comment="取得方式：置换、转让、腾退、收购、提供使用"
        ),
        sa.Column("agreement_number", sa.Text(), nullable=True, comment="协议编号"),
        sa.Column("agreed_from", sa.Date(), nullable=True, comment="使用起始日"),
        sa.Column("agreed_to", sa.Date(), nullable=True, comment="使用截止日，含当日"),
        sa.Column("sharing_terms", sa.Text(), nullable=True, comment="共享约定"),
        sa.Column("planned_use", sa.Text(), nullable=True, comment="拟用途，字典 venue_kind"),
        sa.Column("fit_out_budget_fen", sa.BigInteger(), nullable=True, comment="改造预算，分"),
        sa.Column("fit_out_until", sa.Date(), nullable=True, comment="改造期限"),
        sa.Column("venue_id", sa.Uuid(), nullable=True, comment="启用后的载体"),
        sa.Column(
            "status", sa.Text(), nullable=False, comment="状态：发现、踏勘、签约、改造、启用、放弃"
        ),
        sa.Column(
            "status_since", sa.DateTime(timezone=True), nullable=False, comment="进入现状态的时间"
        ),
        sa.Column("drop_reason", sa.Text(), nullable=True, comment="放弃原因"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        sa.CheckConstraint(
            "(status = 'dropped') = (drop_reason IS NOT NULL)",
            name=op.f("ck_idle_property_dropped_says_why"),
        ),
        sa.CheckConstraint(
            "coord_source IN ('wgs84', 'cgcs2000', 'gcj02', 'bd09')",
            name=op.f("ck_idle_property_coord_source"),
        ),
        sa.CheckConstraint(
            "status <> 'in_use' OR venue_id IS NOT NULL",
            name=op.f("ck_idle_property_in_use_is_a_venue"),
        ),
        sa.CheckConstraint(
            "status IN ('found', 'surveyed', 'agreed', 'fitting_out', 'in_use', 'dropped')",
            name=op.f("ck_idle_property_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('agreed', 'fitting_out', 'in_use') OR (tenure IS NOT NULL AND agreement_number IS NOT NULL AND agreed_from IS NOT NULL)",
            name=op.f("ck_idle_property_agreed_has_an_agreement"),
        ),
        sa.CheckConstraint(
            "tenure IN ('exchange', 'transfer', 'vacated', 'purchase', 'lent')",
            name=op.f("ck_idle_property_tenure"),
        ),
        sa.CheckConstraint(
            "(lon IS NULL) = (lat IS NULL) AND (lon IS NULL) = (coord_source IS NULL)",
            name=op.f("ck_idle_property_point_is_whole"),
        ),
        sa.CheckConstraint(
            "agreed_to >= agreed_from", name=op.f("ck_idle_property_agreement_runs_forward")
        ),
        sa.CheckConstraint(
            "fit_out_budget_fen >= 0", name=op.f("ck_idle_property_budget_is_not_negative")
        ),
        sa.CheckConstraint("floor_area_m2 > 0", name=op.f("ck_idle_property_floor_area_m2")),
        sa.ForeignKeyConstraint(
            ["area_id"], ["area.id"], name=op.f("fk_idle_property_area_id_area")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["organisation.id"], name=op.f("fk_idle_property_owner_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idle_property")),
        sa.UniqueConstraint("code", name=op.f("uq_idle_property_code")),
        comment="存量房屋：发现、踏勘、签约、改造、启用",
    )
    op.create_index(
        "ix_idle_property_area_code", "idle_property", ["area_code", "id"], unique=False
    )
    op.create_index("ix_idle_property_area_id", "idle_property", ["area_id"], unique=False)
    op.create_index("ix_idle_property_owner_id", "idle_property", ["owner_id"], unique=False)
    op.create_index("uq_idle_property_venue_id", "idle_property", ["venue_id"], unique=True)
    op.create_table(
        "pledge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False, comment="资源名称"),
        sa.Column("description", sa.Text(), nullable=True, comment="说明"),
        sa.Column("resource_kind", sa.Text(), nullable=False, comment="资源种类"),
        sa.Column("category", sa.Text(), nullable=True, comment="字典 service_category"),
        sa.Column("organisation_id", sa.Uuid(), nullable=True, comment="认领单位"),
        sa.Column("organisation_name", sa.Text(), nullable=True, comment="尚未登记单位的名称"),
        sa.Column("area_id", sa.Uuid(), nullable=False, comment="所在区划"),
        sa.Column(
            "area_code", sa.Text(), nullable=False, comment="所在区划 12 位代码，数据范围以此为准"
        ),
        sa.Column("quantity", sa.Double(), nullable=True, comment="数量"),
        sa.Column("unit", sa.Text(), nullable=True, comment="计量单位"),
        sa.Column("available_from", sa.Date(), nullable=True, comment="可用起始日"),
        sa.Column("available_to", sa.Date(), nullable=True, comment="可用截止日，含当日"),
        sa.Column("terms", sa.Text(), nullable=True, comment="使用约定"),
        sa.Column("collective_need_id", sa.Uuid(), nullable=True, comment="所回应的共性需求"),
        sa.Column("line", sa.Text(), nullable=False, comment="联系的条线，字典 department_line"),
        sa.Column("source", sa.Text(), nullable=False, comment="线索来源"),
        sa.Column("contact_name", sa.Text(), nullable=True, comment="联系人，加密"),
        sa.Column("contact_phone", sa.Text(), nullable=True, comment="联系电话，加密"),
        sa.Column(
            "status",
            sa.Text(),
            nullable=False,
            comment="状态：线索、已核实、已认领、已兑现、已终止",
        ),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), nullable=False, comment="登记线索时间"
        ),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True, comment="核实时间"),
        sa.Column("pledged_at", sa.DateTime(timezone=True), nullable=True, comment="认领时间"),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True, comment="兑现时间"),
        sa.Column("delivery_note", sa.Text(), nullable=True, comment="兑现情况"),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True, comment="终止时间"),
        sa.Column("drop_reason", sa.Text(), nullable=True, comment="终止原因"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        sa.CheckConstraint(
            "(status = 'delivered') = (delivered_at IS NOT NULL AND delivery_note IS NOT NULL)",
            name=op.f("ck_pledge_delivered_says_what"),
        ),
        sa.CheckConstraint(
            "(status = 'dropped') = (dropped_at IS NOT NULL AND drop_reason IS NOT NULL)",
            name=op.f("ck_pledge_dropped_says_why"),
        ),
        sa.CheckConstraint(
            "resource_kind IN ('premises', 'people', 'money', 'goods', 'expertise', 'events')",
            name=op.f("ck_pledge_resource_kind"),
        ),
        sa.CheckConstraint(
            "source IN ('offered', 'visit', 'meeting', 'referred')", name=op.f("ck_pledge_source")
        ),
        sa.CheckConstraint(
            "status IN ('lead', 'verified', 'pledged', 'delivered', 'dropped')",
            name=op.f("ck_pledge_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('delivered', 'dropped') OR (contact_name IS NULL AND contact_phone IS NULL)",
            name=op.f("ck_pledge_ended_forgets_the_contact"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('pledged', 'delivered') OR (pledged_at IS NOT NULL AND available_from IS NOT NULL)",
            name=op.f("ck_pledge_pledged_has_days"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('verified', 'pledged', 'delivered') OR (verified_at IS NOT NULL AND organisation_id IS NOT NULL)",
            name=op.f("ck_pledge_verified_is_of_a_registered_body"),
        ),
        sa.CheckConstraint(
            "(quantity IS NULL) = (unit IS NULL)", name=op.f("ck_pledge_quantity_has_a_unit")
        ),
        sa.CheckConstraint(
            "available_to >= available_from", name=op.f("ck_pledge_days_run_forward")
        ),
        sa.CheckConstraint(
            "organisation_id IS NOT NULL OR organisation_name IS NOT NULL",
            name=op.f("ck_pledge_of_somebody"),
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_pledge_quantity")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_pledge_area_id_area")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_pledge_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pledge")),
        comment="驻区单位资源：线索、核实、认领、兑现",
    )
    op.create_index("ix_pledge_area_code", "pledge", ["area_code", "id"], unique=False)
    op.create_index("ix_pledge_area_id", "pledge", ["area_id"], unique=False)
    op.create_index("ix_pledge_organisation_id", "pledge", ["organisation_id", "id"], unique=False)
    op.create_index(
        "ix_pledge_public",
        "pledge",
        ["area_code", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('pledged', 'delivered')"),
    )
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER keep_version AFTER UPDATE ON {table}"
            " REFERENCING OLD TABLE AS replaced NEW TABLE AS standing"
            " FOR EACH STATEMENT EXECUTE FUNCTION keep_version()"
        )


def downgrade() -> None:
    for table in KEPT:
        op.drop_table(table)
