"""Keep bundles, concessions, and the months of venues.

Revision: 0013, after 0012.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEPT = ("bundle", "concession")


def upgrade() -> None:
    op.create_table(
        "venue_month",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False, comment="载体"),
        sa.Column("concession_id", sa.Uuid(), nullable=True, comment="经营授权；空为载体本身"),
        sa.Column("month", sa.Date(), nullable=False, comment="当月一日"),
        sa.Column("visits", sa.Integer(), nullable=False, comment="人次"),
        sa.Column("services", sa.Integer(), nullable=False, comment="服务场次或件数"),
        sa.Column("income_fen", sa.BigInteger(), nullable=False, comment="收费，分"),
        sa.Column(
            "cost_fen", sa.BigInteger(), nullable=False, comment="运行成本，分；不含台账已付"
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="填报时间"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="填报人（令牌 subject）"),
        sa.CheckConstraint(
            "extract(day FROM month) = 1", name=op.f("ck_venue_month_month_begins_on_its_first_day")
        ),
        sa.CheckConstraint(
            "visits >= 0 AND services >= 0 AND income_fen >= 0 AND cost_fen >= 0",
            name=op.f("ck_venue_month_figures_are_not_negative"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue_month")),
        sa.UniqueConstraint(
            "venue_id",
            "month",
            "concession_id",
            name=op.f("uq_venue_month_venue_id_month_concession_id"),
            postgresql_nulls_not_distinct=True,
        ),
        comment="载体月报：人次、场次、收费、运行成本",
    )
    op.create_index(
        "ix_venue_month_concession_id", "venue_month", ["concession_id", "month"], unique=False
    )
    op.create_index("ix_venue_month_month", "venue_month", ["month"], unique=False)
    op.create_table(
        "bundle",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True, comment="外部编码"),
        sa.Column("title", sa.Text(), nullable=False, comment="组团名称"),
        sa.Column("purpose", sa.Text(), nullable=False, comment="组团目的"),
        sa.Column("operator_id", sa.Uuid(), nullable=True, comment="运营单位"),
        sa.Column("area_id", sa.Uuid(), nullable=False, comment="所在区划"),
        sa.Column(
            "area_code", sa.Text(), nullable=False, comment="所在区划 12 位代码，数据范围以此为准"
        ),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="终止日期，不含当日"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态：拟订、运营中、已结束"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True, comment="开始运营时间"),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True, comment="结束时间"),
        sa.Column("end_reason", sa.Text(), nullable=True, comment="结束原因"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        sa.CheckConstraint(
            "(status = 'ended') = (ended_at IS NOT NULL AND end_reason IS NOT NULL)",
            name=op.f("ck_bundle_ended_says_why"),
        ),
        sa.CheckConstraint(
            "status = 'draft' OR (started_at IS NOT NULL AND operator_id IS NOT NULL)",
            name=op.f("ck_bundle_running_has_an_operator"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'running', 'ended')", name=op.f("ck_bundle_status")
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_bundle_valid_to_after_valid_from"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_bundle_area_id_area")),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["organisation.id"], name=op.f("fk_bundle_operator_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundle")),
        sa.UniqueConstraint("code", name=op.f("uq_bundle_code")),
        comment="资源组团：一并运营的服务、载体、项目与资金",
    )
    op.create_index("ix_bundle_area_code", "bundle", ["area_code", "id"], unique=False)
    op.create_index("ix_bundle_area_id", "bundle", ["area_id"], unique=False)
    op.create_index("ix_bundle_operator_id", "bundle", ["operator_id"], unique=False)
    op.create_table(
        "concession",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False, comment="载体"),
        sa.Column("space_id", sa.Uuid(), nullable=True, comment="空间；空为载体的一部分"),
        sa.Column("operator_id", sa.Uuid(), nullable=False, comment="经营单位"),
        sa.Column("use", sa.Text(), nullable=False, comment="公益、低偿、市场"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("area_code", sa.Text(), nullable=False, comment="载体所在区划 12 位代码"),
        sa.Column("floor_area_m2", sa.Double(), nullable=False, comment="面积，平方米"),
        sa.Column("price_ceiling_fen", sa.BigInteger(), nullable=False, comment="承诺最高价，分"),
        sa.Column("reference_price_fen", sa.BigInteger(), nullable=False, comment="市场参考价，分"),
        sa.Column("price_basis", sa.Text(), nullable=False, comment="参考价依据"),
        sa.Column("price_unit", sa.Text(), nullable=False, comment="计价单位"),
        sa.Column("document_number", sa.Text(), nullable=True, comment="授权文号"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("valid_to", sa.Date(), nullable=False, comment="终止日期，不含当日"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态：拟订、已授权、已终止"),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=True, comment="授权时间"),
        sa.Column("end_reason", sa.Text(), nullable=True, comment="终止原因"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        postgresql.ExcludeConstraint(
            (sa.column("space_id"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            where=sa.text("status = 'granted' AND space_id IS NOT NULL"),
            using="gist",
            name="ex_concession_space_once",
        ),
        sa.CheckConstraint(
            "(status = 'draft') = (granted_at IS NULL) AND (status = 'ended') = (end_reason IS NOT NULL)",
            name=op.f("ck_concession_steps_are_told"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'granted', 'ended')", name=op.f("ck_concession_status")
        ),
        sa.CheckConstraint(
            "use = 'market' OR price_ceiling_fen <= reference_price_fen",
            name=op.f("ck_concession_promise_is_below_the_market"),
        ),
        sa.CheckConstraint(
            "use IN ('public', 'low_fee', 'market')", name=op.f("ck_concession_use")
        ),
        sa.CheckConstraint("floor_area_m2 > 0", name=op.f("ck_concession_floor_area_m2")),
        sa.CheckConstraint(
            "price_ceiling_fen >= 0 AND reference_price_fen >= 0", name=op.f("ck_concession_prices")
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_concession_valid_to_after_valid_from"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["organisation.id"],
            name=op.f("fk_concession_operator_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concession")),
        comment="经营授权：公益、低偿、市场用途与承诺价格",
    )
    op.create_index("ix_concession_area_code", "concession", ["area_code", "id"], unique=False)
    op.create_index("ix_concession_operator_id", "concession", ["operator_id"], unique=False)
    op.create_index("ix_concession_venue_id", "concession", ["venue_id"], unique=False)
    op.create_table(
        "bundle_member",
        sa.Column("bundle_id", sa.Uuid(), nullable=False, comment="组团"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=True, comment="服务"),
        sa.Column("venue_id", sa.Uuid(), nullable=True, comment="载体"),
        sa.Column("fund_id", sa.Uuid(), nullable=True, comment="资金"),
        sa.Column("programme_id", sa.Uuid(), nullable=True, comment="项目"),
        sa.Column("is_running", sa.Boolean(), nullable=False, comment="组团是否运营中，抄自组团"),
        sa.CheckConstraint(
            "(offering_id IS NOT NULL)::int + (venue_id IS NOT NULL)::int + (fund_id IS NOT NULL)::int + (programme_id IS NOT NULL)::int = 1",
            name=op.f("ck_bundle_member_one_thing"),
        ),
        sa.ForeignKeyConstraint(
            ["bundle_id"], ["bundle.id"], name=op.f("fk_bundle_member_bundle_id_bundle")
        ),
        sa.PrimaryKeyConstraint("bundle_id", "id", name=op.f("pk_bundle_member")),
        comment="组团成员；运营中的服务与载体只在一个组团内",
    )
    op.create_index(
        "uq_bundle_member_offering_once",
        "bundle_member",
        ["offering_id"],
        unique=True,
        postgresql_where=sa.text("is_running"),
    )
    op.create_index(
        "uq_bundle_member_venue_once",
        "bundle_member",
        ["venue_id"],
        unique=True,
        postgresql_where=sa.text("is_running"),
    )
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER keep_version AFTER UPDATE ON {table}"
            " REFERENCING OLD TABLE AS replaced NEW TABLE AS standing"
            " FOR EACH STATEMENT EXECUTE FUNCTION keep_version()"
        )


def downgrade() -> None:
    for table in ("bundle_member", "bundle", "venue_month", "concession"):
        op.drop_table(table)
