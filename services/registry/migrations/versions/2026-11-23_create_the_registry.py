"""Create the registry: areas, organisations, venues, items, offerings, and the first words.

Revision: 0001, the first.
"""

import csv
import json
from importlib.resources import files

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from common.ids import uuid7
from common.migrations import platform_2026_11_23

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FIRST_DAY = "2026-01-01"
MADE_AT = "2026-01-01T00:00:00Z"
MADE_BY = "linli"


class Point(sa.types.UserDefinedType):
    def get_col_spec(self, **_):
        return "POINT"


def upgrade() -> None:
    platform_2026_11_23.upgrade()
    op.create_table(
        "area",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True, comment="12 位区划代码，或自编代码"),
        sa.Column(
            "short_code", sa.Text(), nullable=False, comment="有效位前缀；非区划取所在区划的前缀"
        ),
        sa.Column("kind", sa.Text(), nullable=False, comment="类型"),
        sa.Column("level", sa.Integer(), nullable=True, comment="1 市 2 区 3 街镇 4 居村"),
        sa.Column("division_kind", sa.Text(), nullable=True, comment="区划名录中的类别，如 街道"),
        sa.Column("name", sa.Text(), nullable=False, comment="名称"),
        sa.Column("path_name", sa.Text(), nullable=False, comment="全路径名称，以 / 分隔"),
        sa.Column("parent_id", sa.Uuid(), nullable=True, comment="上级或所在区划"),
        sa.Column("area_type", sa.Text(), nullable=True, comment="字典 area_type，同类比较用"),
        sa.Column("lon", sa.Double(), nullable=True, comment="经度，WGS-84，度"),
        sa.Column("lat", sa.Double(), nullable=True, comment="纬度，WGS-84，度"),
        sa.Column("coord_source", sa.Text(), nullable=True, comment="交来时的坐标系"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="终止日期，不含当日"),
        sa.Column("source_edition", sa.Text(), nullable=True, comment="最近改动它的区划版本"),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            nullable=False,
            comment="检索词（单字、双字、拼音），由应用写入",
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        sa.CheckConstraint(
            "(kind IN ('city', 'district', 'town', 'neighbourhood')) = (level IS NOT NULL)",
            name=op.f("ck_area_only_levels_have_a_level"),
        ),
        sa.CheckConstraint(
            "(kind IN ('city', 'district', 'town', 'neighbourhood', 'aggregate')) = (code IS NOT NULL AND code ~ '^[0-9]{12}$')",
            name=op.f("ck_area_divisions_have_12_digits"),
        ),
        sa.CheckConstraint(
            "coord_source IN ('wgs84', 'cgcs2000', 'gcj02', 'bd09')",
            name=op.f("ck_area_coord_source"),
        ),
        sa.CheckConstraint(
            "kind = 'city' OR parent_id IS NOT NULL",
            name=op.f("ck_area_only_the_city_has_no_parent"),
        ),
        sa.CheckConstraint(
            "kind IN ('city', 'district', 'town', 'neighbourhood', 'aggregate', 'grid', 'estate', 'catchment', 'sector')",
            name=op.f("ck_area_kind"),
        ),
        sa.CheckConstraint(
            "(lon IS NULL) = (coord_source IS NULL)", name=op.f("ck_area_point_has_a_system")
        ),
        sa.CheckConstraint("(lon IS NULL) = (lat IS NULL)", name=op.f("ck_area_point_is_whole")),
        sa.CheckConstraint("level BETWEEN 1 AND 4", name=op.f("ck_area_level")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_area_valid_to_after_valid_from"),
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["area.id"], name=op.f("fk_area_parent_id_area")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area")),
        comment="区划（市、区、街镇、居村）与区划之外的网格、小区、服务圈、片区",
    )
    op.create_index("ix_area_code", "area", ["code"], unique=False)
    op.create_index("ix_area_listed", "area", ["short_code", "id"], unique=False)
    op.create_index("ix_area_parent_id", "area", ["parent_id", "short_code", "id"], unique=False)
    op.create_index("ix_area_search", "area", ["search"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_area_short_code",
        "area",
        ["short_code", "id"],
        unique=False,
        postgresql_ops={"short_code": "text_pattern_ops"},
    )
    op.create_index(
        "uq_area_code_now",
        "area",
        ["code"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_table(
        "area_edition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="版本名称，如 2023"),
        sa.Column("scope", sa.Text(), nullable=False, comment="完整覆盖的区划前缀"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="生效日期"),
        sa.Column("source", sa.Text(), nullable=False, comment="来源与许可"),
        sa.Column(
            "digest", sa.Text(), nullable=False, comment="内容摘要（SHA-256），重复导入据此识别"
        ),
        sa.Column("rows", sa.Integer(), nullable=False, comment="行数"),
        sa.Column("unchanged", sa.Integer(), nullable=False, comment="未变行数"),
        sa.Column(
            "counts",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="各类变化的数目",
        ),
        sa.Column(
            "changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="变化明细"
        ),
        sa.Column(
            "ended_in_use", sa.ARRAY(sa.Text()), nullable=False, comment="终止而仍被引用的代码"
        ),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False, comment="导入时间"),
        sa.Column("imported_by", sa.Text(), nullable=False, comment="导入人"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area_edition")),
        sa.UniqueConstraint("scope", "digest", name=op.f("uq_area_edition_scope_digest")),
        comment="区划版本导入记录",
    )
    op.create_index(
        "ix_area_edition_valid_from", "area_edition", ["valid_from", "id"], unique=False
    )
    op.create_table(
        "dictionary_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dictionary", sa.Text(), nullable=False, comment="字典"),
        sa.Column("code", sa.Text(), nullable=False, comment="词条代码，不可更改"),
        sa.Column("name_zh", sa.Text(), nullable=False, comment="中文名"),
        sa.Column("name_en", sa.Text(), nullable=False, comment="英文名"),
        sa.Column("parent_code", sa.Text(), nullable=True, comment="上级词条，同一字典"),
        sa.Column("path", sa.Text(), nullable=False, comment="自根起的代码路径，以 / 分隔"),
        sa.Column("description", sa.Text(), nullable=True, comment="说明"),
        sa.Column("sort", sa.Integer(), nullable=False, comment="显示顺序，小者在前"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="启用日期"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="停用日期，不含当日"),
        sa.Column("is_seed", sa.Boolean(), nullable=False, comment="随系统提供"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        sa.CheckConstraint(
            "dictionary IN ('venue_kind', 'service_category', 'target_group', 'area_type', 'department_line', 'platform_kind', 'funding_source', 'capacity_unit')",
            name=op.f("ck_dictionary_entry_dictionary"),
        ),
        sa.CheckConstraint(
            "parent_code <> code", name=op.f("ck_dictionary_entry_not_its_own_parent")
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_dictionary_entry_valid_to_after_valid_from"),
        ),
        sa.ForeignKeyConstraint(
            ["dictionary", "parent_code"],
            ["dictionary_entry.dictionary", "dictionary_entry.code"],
            name=op.f("fk_dictionary_entry_dictionary_parent_code_dictionary_entry"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dictionary_entry")),
        sa.UniqueConstraint("dictionary", "code", name=op.f("uq_dictionary_entry_dictionary_code")),
        comment="数据字典词条；随系统提供的与工作人员增补的",
    )
    op.create_index(
        "ix_dictionary_entry_shown",
        "dictionary_entry",
        ["dictionary", "sort", "code"],
        unique=False,
    )
    op.create_table(
        "area_member",
        sa.Column("area_id", sa.Uuid(), nullable=False, comment="包含者"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False, comment="被包含者"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="终止日期，不含当日"),
        postgresql.ExcludeConstraint(
            (sa.column("area_id"), "="),
            (sa.column("member_id"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            using="gist",
            name="ex_area_member_once",
        ),
        sa.CheckConstraint("area_id <> member_id", name=op.f("ck_area_member_not_itself")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_area_member_valid_to_after_valid_from"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_area_member_area_id_area")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["area.id"], name=op.f("fk_area_member_member_id_area")
        ),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_area_member")),
        comment="片区等所含的区划，有起止",
    )
    op.create_index("ix_area_member_member_id", "area_member", ["member_id"], unique=False)
    op.create_table(
        "area_period",
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="终止日期，不含当日"),
        sa.Column("code", sa.Text(), nullable=True, comment="当时的代码"),
        sa.Column("short_code", sa.Text(), nullable=False, comment="当时的有效位前缀"),
        sa.Column("division_kind", sa.Text(), nullable=True, comment="当时的类别"),
        sa.Column("name", sa.Text(), nullable=False, comment="当时的名称"),
        sa.Column("path_name", sa.Text(), nullable=False, comment="当时的全路径"),
        sa.Column("parent_id", sa.Uuid(), nullable=True, comment="当时的上级"),
        sa.Column("source_edition", sa.Text(), nullable=True, comment="带来此状态的区划版本"),
        postgresql.ExcludeConstraint(
            (sa.column("area_id"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            using="gist",
            name="ex_area_period_one_at_a_time",
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_area_period_valid_to_after_valid_from"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_area_period_area_id_area")),
        sa.PrimaryKeyConstraint("area_id", "valid_from", name=op.f("pk_area_period")),
        comment="区划沿革：每一时段的名称、代码与上级",
    )
    op.create_index("ix_area_period_code", "area_period", ["code"], unique=False)
    op.create_index("ix_area_period_day", "area_period", ["valid_from", "valid_to"], unique=False)
    op.create_table(
        "area_population",
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("age_band", sa.Text(), nullable=False, comment="年龄段"),
        sa.Column("group", sa.Text(), nullable=True, comment="字典 target_group；空为全部人口"),
        sa.Column("count", sa.Integer(), nullable=False, comment="人数"),
        sa.Column("as_of", sa.Date(), nullable=False, comment="统计日期"),
        sa.Column("source", sa.Text(), nullable=False, comment="来源"),
        sa.CheckConstraint("count >= 0", name=op.f("ck_area_population_count")),
        sa.ForeignKeyConstraint(
            ["area_id"], ["area.id"], name=op.f("fk_area_population_area_id_area")
        ),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_area_population")),
        sa.UniqueConstraint(
            "area_id",
            "as_of",
            "age_band",
            "group",
            name=op.f("uq_area_population_area_id_as_of_age_band_group"),
            postgresql_nulls_not_distinct=True,
        ),
        comment="人口：年龄段与人群，按区划与日期",
    )
    op.create_table(
        "area_succession",
        sa.Column("predecessor_id", sa.Uuid(), nullable=False),
        sa.Column("successor_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="合并、拆分或替代"),
        sa.Column("on", sa.Date(), nullable=False, comment="承接日期"),
        sa.CheckConstraint(
            "kind IN ('merged', 'split', 'replaced')", name=op.f("ck_area_succession_kind")
        ),
        sa.CheckConstraint(
            "predecessor_id <> successor_id", name=op.f("ck_area_succession_not_itself")
        ),
        sa.ForeignKeyConstraint(
            ["predecessor_id"], ["area.id"], name=op.f("fk_area_succession_predecessor_id_area")
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"], ["area.id"], name=op.f("fk_area_succession_successor_id_area")
        ),
        sa.PrimaryKeyConstraint("predecessor_id", "successor_id", name=op.f("pk_area_succession")),
        comment="区划承接关系",
    )
    op.create_index(
        "ix_area_succession_successor_id", "area_succession", ["successor_id"], unique=False
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True, comment="外部编码，导入时据此更新"),
        sa.Column("name", sa.Text(), nullable=False, comment="名称"),
        sa.Column("short_name", sa.Text(), nullable=True, comment="简称"),
        sa.Column("kind", sa.Text(), nullable=False, comment="类型"),
        sa.Column(
            "platform_kind", sa.Text(), nullable=True, comment="字典 platform_kind，组织类平台"
        ),
        sa.Column("credit_code", sa.Text(), nullable=True, comment="统一社会信用代码"),
        sa.Column("filing_number", sa.Text(), nullable=True, comment="街镇备案号"),
        sa.Column("filed_with_id", sa.Uuid(), nullable=True, comment="备案街镇"),
        sa.Column("evaluation_grade", sa.Text(), nullable=True, comment="社会组织评估等级"),
        sa.Column("grade_valid_from", sa.Date(), nullable=True, comment="等级起始"),
        sa.Column("grade_valid_to", sa.Date(), nullable=True, comment="等级终止，不含当日"),
        sa.Column("supervisor_id", sa.Uuid(), nullable=True, comment="业务主管单位"),
        sa.Column("area_id", sa.Uuid(), nullable=False, comment="所在区划"),
        sa.Column(
            "area_code", sa.Text(), nullable=False, comment="所在区划 12 位代码，数据范围以此为准"
        ),
        sa.Column("line", sa.Text(), nullable=True, comment="字典 department_line，条线"),
        sa.Column("address", sa.Text(), nullable=True, comment="地址"),
        sa.Column("phone", sa.Text(), nullable=True, comment="对外电话"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("dissolved_on", sa.Date(), nullable=True, comment="注销日期"),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            nullable=False,
            comment="检索词（单字、双字、拼音），由应用写入",
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        sa.CheckConstraint(
            "(kind IN ('community_organisation')) = (filing_number IS NOT NULL)",
            name=op.f("ck_organisation_filing_number_by_kind"),
        ),
        sa.CheckConstraint(
            "(status = 'dissolved') = (dissolved_on IS NOT NULL)",
            name=op.f("ck_organisation_dissolved_on"),
        ),
        sa.CheckConstraint(
            "evaluation_grade IN ('1A', '2A', '3A', '4A', '5A')",
            name=op.f("ck_organisation_evaluation_grade"),
        ),
        sa.CheckConstraint(
            "kind IN ('department', 'street', 'institution', 'association', 'private_non_enterprise', 'foundation', 'enterprise', 'residents_committee', 'villagers_committee', 'volunteer_group', 'community_organisation')",
            name=op.f("ck_organisation_kind"),
        ),
        sa.CheckConstraint(
            "kind NOT IN ('association', 'enterprise', 'foundation', 'institution', 'private_non_enterprise', 'street') OR credit_code IS NOT NULL",
            name=op.f("ck_organisation_credit_code_needed"),
        ),
        sa.CheckConstraint(
            "status IN ('active', 'dissolved')", name=op.f("ck_organisation_status")
        ),
        sa.CheckConstraint(
            "(evaluation_grade IS NULL) = (grade_valid_from IS NULL) AND (grade_valid_to IS NULL OR grade_valid_from IS NOT NULL)",
            name=op.f("ck_organisation_grade_has_a_start"),
        ),
        sa.CheckConstraint(
            "(filing_number IS NULL) = (filed_with_id IS NULL)",
            name=op.f("ck_organisation_filed_with_a_street"),
        ),
        sa.CheckConstraint(
            "filing_number IS NULL OR credit_code IS NULL",
            name=op.f("ck_organisation_filed_has_no_credit_code"),
        ),
        sa.CheckConstraint(
            "grade_valid_to IS NULL OR grade_valid_to > grade_valid_from",
            name=op.f("ck_organisation_grade_valid_to_after_grade_valid_from"),
        ),
        sa.CheckConstraint(
            "supervisor_id <> id AND filed_with_id <> id",
            name=op.f("ck_organisation_not_its_own_superior"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id"], ["area.id"], name=op.f("fk_organisation_area_id_area")
        ),
        sa.ForeignKeyConstraint(
            ["filed_with_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_filed_with_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["supervisor_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_supervisor_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("code", name=op.f("uq_organisation_code")),
        sa.UniqueConstraint("credit_code", name=op.f("uq_organisation_credit_code")),
        sa.UniqueConstraint(
            "filed_with_id",
            "filing_number",
            name=op.f("uq_organisation_filed_with_id_filing_number"),
        ),
        comment="机构：部门、街镇、社会组织、企业、居村委会、志愿团队与备案社区组织",
    )
    op.create_index(
        "ix_organisation_area_code",
        "organisation",
        ["area_code", "id"],
        unique=False,
        postgresql_ops={"area_code": "text_pattern_ops"},
    )
    op.create_index("ix_organisation_area_id", "organisation", ["area_id"], unique=False)
    op.create_index("ix_organisation_kind", "organisation", ["kind", "id"], unique=False)
    op.create_index("ix_organisation_line", "organisation", ["line", "id"], unique=False)
    op.create_index(
        "ix_organisation_search", "organisation", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_organisation_supervisor_id", "organisation", ["supervisor_id"], unique=False
    )
    op.create_table(
        "incubation",
        sa.Column("incubated_id", sa.Uuid(), nullable=False, comment="被孵化者"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incubator_id", sa.Uuid(), nullable=False, comment="孵化者"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="终止日期，不含当日"),
        postgresql.ExcludeConstraint(
            (sa.column("incubated_id"), "="),
            (sa.column("incubator_id"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            using="gist",
            name="ex_incubation_once",
        ),
        sa.CheckConstraint("incubated_id <> incubator_id", name=op.f("ck_incubation_not_itself")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_incubation_valid_to_after_valid_from"),
        ),
        sa.ForeignKeyConstraint(
            ["incubated_id"],
            ["organisation.id"],
            name=op.f("fk_incubation_incubated_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["incubator_id"],
            ["organisation.id"],
            name=op.f("fk_incubation_incubator_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("incubated_id", "id", name=op.f("pk_incubation")),
        comment="孵化培育关系，有起止",
    )
    op.create_index("ix_incubation_incubator_id", "incubation", ["incubator_id"], unique=False)
    op.create_table(
        "residency",
        sa.Column("organisation_id", sa.Uuid(), nullable=False, comment="入驻机构"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False, comment="载体"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="终止日期，不含当日"),
        sa.Column("purpose", sa.Text(), nullable=True, comment="入驻用途"),
        postgresql.ExcludeConstraint(
            (sa.column("organisation_id"), "="),
            (sa.column("venue_id"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            using="gist",
            name="ex_residency_once",
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_residency_valid_to_after_valid_from"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_residency_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_residency")),
        comment="机构入驻载体，有起止",
    )
    op.create_index("ix_residency_venue_id", "residency", ["venue_id"], unique=False)
    op.create_table(
        "service_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True, comment="外部编码，导入时据此更新"),
        sa.Column("name", sa.Text(), nullable=False, comment="名称"),
        sa.Column("description", sa.Text(), nullable=True, comment="说明"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column(
            "target_groups", sa.ARRAY(sa.Text()), nullable=False, comment="字典 target_group"
        ),
        sa.Column("area_id", sa.Uuid(), nullable=False, comment="作出承诺的区划"),
        sa.Column(
            "area_code", sa.Text(), nullable=False, comment="区划 12 位代码，数据范围以此为准"
        ),
        sa.Column("responsible_department_id", sa.Uuid(), nullable=True, comment="责任部门"),
        sa.Column("handling_body_id", sa.Uuid(), nullable=True, comment="办理主体"),
        sa.Column("legal_basis", sa.Text(), nullable=True, comment="设定依据"),
        sa.Column("valid_from", sa.Date(), nullable=True, comment="生效日期"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="失效日期，不含当日"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态：草稿、已发布、已废止"),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            nullable=False,
            comment="检索词（单字、双字、拼音），由应用写入",
        ),
        sa.Column("catalog_code", sa.Text(), nullable=True, comment="基本编码"),
        sa.Column("local_catalog_code", sa.Text(), nullable=True, comment="地方基本编码"),
        sa.Column("task_code", sa.Text(), nullable=True, comment="实施编码"),
        sa.Column("local_task_code", sa.Text(), nullable=True, comment="地方实施编码"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        sa.CheckConstraint(
            "status <> 'published' OR (valid_from IS NOT NULL AND responsible_department_id IS NOT NULL)",
            name=op.f("ck_service_item_published_is_complete"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'published', 'retired')", name=op.f("ck_service_item_status")
        ),
        sa.CheckConstraint(
            "length(catalog_code) <= 12 AND length(task_code) <= 36 AND length(local_catalog_code) <= 50 AND length(local_task_code) <= 50",
            name=op.f("ck_service_item_national_codes_fit"),
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_service_item_valid_to_after_valid_from"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id"], ["area.id"], name=op.f("fk_service_item_area_id_area")
        ),
        sa.ForeignKeyConstraint(
            ["handling_body_id"],
            ["organisation.id"],
            name=op.f("fk_service_item_handling_body_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["responsible_department_id"],
            ["organisation.id"],
            name=op.f("fk_service_item_responsible_department_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_item")),
        sa.UniqueConstraint("code", name=op.f("uq_service_item_code")),
        comment="服务事项清单：政府承诺的事项",
    )
    op.create_index("ix_service_item_area_code", "service_item", ["area_code", "id"], unique=False)
    op.create_index("ix_service_item_area_id", "service_item", ["area_id"], unique=False)
    op.create_index(
        "ix_service_item_category", "service_item", ["category", "area_code", "id"], unique=False
    )
    op.create_index(
        "ix_service_item_handling_body_id", "service_item", ["handling_body_id"], unique=False
    )
    op.create_index(
        "ix_service_item_responsible_department_id",
        "service_item",
        ["responsible_department_id"],
        unique=False,
    )
    op.create_index(
        "ix_service_item_search", "service_item", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "venue",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True, comment="外部编码，导入时据此更新"),
        sa.Column("name", sa.Text(), nullable=False, comment="名称"),
        sa.Column("kind", sa.Text(), nullable=False, comment="字典 venue_kind"),
        sa.Column("area_id", sa.Uuid(), nullable=False, comment="所在居村或街镇"),
        sa.Column(
            "area_code", sa.Text(), nullable=False, comment="所在区划 12 位代码，数据范围以此为准"
        ),
        sa.Column("address", sa.Text(), nullable=True, comment="地址"),
        sa.Column("lon", sa.Double(), nullable=True, comment="经度，WGS-84，度"),
        sa.Column("lat", sa.Double(), nullable=True, comment="纬度，WGS-84，度"),
        sa.Column("coord_source", sa.Text(), nullable=True, comment="交来时的坐标系"),
        sa.Column(
            "place", Point(), nullable=True, comment="平面点，单位为纬度的度，见 common.geo.planar"
        ),
        sa.Column(
            "operator_mode", sa.Text(), nullable=True, comment="运营方式：居村、街道或社工、第三方"
        ),
        sa.Column("owner_id", sa.Uuid(), nullable=True, comment="产权单位"),
        sa.Column("operator_id", sa.Uuid(), nullable=True, comment="运营单位"),
        sa.Column("floor_area_m2", sa.Double(), nullable=True, comment="建筑面积，平方米"),
        sa.Column("phone", sa.Text(), nullable=True, comment="对外电话"),
        sa.Column("accessibility", sa.ARRAY(sa.Text()), nullable=False, comment="无障碍设施"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态：开放、暂停、撤销"),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            nullable=False,
            comment="检索词（单字、双字、拼音），由应用写入",
        ),
        sa.Column(
            "hours",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="开放时间（原样）；空为未知",
        ),
        sa.Column(
            "open_minutes",
            postgresql.INT4MULTIRANGE(),
            nullable=True,
            comment="典型周开放分钟：周一至周日、节假日、调休日共 9 天",
        ),
        sa.Column("exception_days", sa.ARRAY(sa.Date()), nullable=True, comment="另行规定的日期"),
        sa.Column(
            "exception_minutes",
            postgresql.INT4MULTIRANGE(),
            nullable=True,
            comment="另行规定日期的开放分钟，自 2000-01-01 起算",
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        sa.CheckConstraint(
            "accessibility <@ ARRAY['ramp', 'step_free', 'lift', 'stair_climber', 'accessible_toilet', 'accessible_parking', 'tactile_paving', 'hearing_loop', 'sign_language', 'nursing_room']",
            name=op.f("ck_venue_accessibility"),
        ),
        sa.CheckConstraint(
            "coord_source IN ('wgs84', 'cgcs2000', 'gcj02', 'bd09')",
            name=op.f("ck_venue_coord_source"),
        ),
        sa.CheckConstraint(
            "operator_mode IN ('neighbourhood_staff', 'street_staff', 'third_party')",
            name=op.f("ck_venue_operator_mode"),
        ),
        sa.CheckConstraint(
            "status IN ('active', 'suspended', 'closed')", name=op.f("ck_venue_status")
        ),
        sa.CheckConstraint(
            "(hours IS NULL) = (open_minutes IS NULL) AND (exception_days IS NULL) = (exception_minutes IS NULL)",
            name=op.f("ck_venue_hours_are_whole"),
        ),
        sa.CheckConstraint(
            "(lon IS NULL) = (lat IS NULL) AND (lon IS NULL) = (place IS NULL) AND (lon IS NULL) = (coord_source IS NULL)",
            name=op.f("ck_venue_point_is_whole"),
        ),
        sa.CheckConstraint("floor_area_m2 > 0", name=op.f("ck_venue_floor_area_m2")),
        sa.CheckConstraint(
            "lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90", name=op.f("ck_venue_degrees")
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_venue_area_id_area")),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["organisation.id"], name=op.f("fk_venue_operator_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["organisation.id"], name=op.f("fk_venue_owner_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue")),
        sa.UniqueConstraint("code", name=op.f("uq_venue_code")),
        comment="载体：提供服务的场所",
    )
    op.create_index("ix_venue_area_code", "venue", ["area_code", "id"], unique=False)
    op.create_index("ix_venue_area_id", "venue", ["area_id"], unique=False)
    op.create_index("ix_venue_kind", "venue", ["kind", "area_code", "id"], unique=False)
    op.create_index("ix_venue_operator_id", "venue", ["operator_id"], unique=False)
    op.create_index("ix_venue_owner_id", "venue", ["owner_id"], unique=False)
    op.create_index("ix_venue_place", "venue", ["place"], unique=False, postgresql_using="gist")
    op.create_index("ix_venue_search", "venue", ["search"], unique=False, postgresql_using="gin")
    op.create_table(
        "offering",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True, comment="外部编码，导入时据此更新"),
        sa.Column("name", sa.Text(), nullable=False, comment="名称"),
        sa.Column("description", sa.Text(), nullable=True, comment="说明"),
        sa.Column("service_item_id", sa.Uuid(), nullable=True, comment="所属事项"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column(
            "category_path",
            sa.Text(),
            nullable=False,
            comment="自根起的类目代码，以 / 分隔，抄自字典",
        ),
        sa.Column("provider_id", sa.Uuid(), nullable=True, comment="提供机构"),
        sa.Column("venue_id", sa.Uuid(), nullable=True, comment="所在载体"),
        sa.Column("area_id", sa.Uuid(), nullable=False, comment="载体或服务所在区划"),
        sa.Column(
            "area_code", sa.Text(), nullable=False, comment="区划 12 位代码，数据范围以此为准"
        ),
        sa.Column("lon", sa.Double(), nullable=True, comment="经度，WGS-84，抄自载体"),
        sa.Column("lat", sa.Double(), nullable=True, comment="纬度，WGS-84，抄自载体"),
        sa.Column(
            "place", Point(), nullable=True, comment="平面点，抄自载体，见 common.geo.planar"
        ),
        sa.Column("channels", sa.ARRAY(sa.Text()), nullable=False, comment="到点、上门、线上"),
        sa.Column(
            "target_groups", sa.ARRAY(sa.Text()), nullable=False, comment="字典 target_group"
        ),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            nullable=False,
            comment="检索词（单字、双字、拼音），由应用写入",
        ),
        sa.Column("age_min", sa.SmallInteger(), nullable=True, comment="最低周岁"),
        sa.Column("age_max", sa.SmallInteger(), nullable=True, comment="最高周岁（含）"),
        sa.Column(
            "groups_any",
            sa.ARRAY(sa.Text()),
            nullable=False,
            comment="须属于其中任一人群；空为不限",
        ),
        sa.Column(
            "hardship",
            sa.ARRAY(sa.Text()),
            nullable=False,
            comment="须具备其中任一困难认定；空为不限",
        ),
        sa.Column("disability", sa.Text(), nullable=True, comment="残疾要求"),
        sa.Column(
            "household_areas",
            sa.ARRAY(sa.Text()),
            nullable=False,
            comment="限于这些区划（有效位）；空为不限",
        ),
        sa.Column("residence", sa.Text(), nullable=False, comment="按户籍还是居住认定"),
        sa.Column("price_kind", sa.Text(), nullable=True, comment="免费、公益、市场"),
        sa.Column("price_fen", sa.BigInteger(), nullable=True, comment="价格，分"),
        sa.Column("price_unit", sa.Text(), nullable=True, comment="计价单位，如 次、份、月"),
        sa.Column("capacity", sa.Integer(), nullable=True, comment="容量，单位见 capacity_unit"),
        sa.Column("capacity_unit", sa.Text(), nullable=True, comment="字典 capacity_unit"),
        sa.Column("capacity_period", sa.Text(), nullable=True, comment="容量所计的周期"),
        sa.Column("responsible_department_id", sa.Uuid(), nullable=True, comment="责任部门"),
        sa.Column("handling_body_id", sa.Uuid(), nullable=True, comment="办理主体"),
        sa.Column("funding_source", sa.Text(), nullable=True, comment="字典 funding_source"),
        sa.Column(
            "status", sa.Text(), nullable=False, comment="状态：草稿、已发布、已暂停、已终止"
        ),
        sa.Column(
            "status_since", sa.DateTime(timezone=True), nullable=False, comment="进入现状态的时间"
        ),
        sa.Column("catalog_code", sa.Text(), nullable=True, comment="基本编码"),
        sa.Column("local_catalog_code", sa.Text(), nullable=True, comment="地方基本编码"),
        sa.Column("task_code", sa.Text(), nullable=True, comment="实施编码"),
        sa.Column("local_task_code", sa.Text(), nullable=True, comment="地方实施编码"),
        sa.Column(
            "hours",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="开放时间（原样）；空为未知",
        ),
        sa.Column(
            "open_minutes",
            postgresql.INT4MULTIRANGE(),
            nullable=True,
            comment="典型周开放分钟：周一至周日、节假日、调休日共 9 天",
        ),
        sa.Column("exception_days", sa.ARRAY(sa.Date()), nullable=True, comment="另行规定的日期"),
        sa.Column(
            "exception_minutes",
            postgresql.INT4MULTIRANGE(),
            nullable=True,
            comment="另行规定日期的开放分钟，自 2000-01-01 起算",
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        sa.CheckConstraint(
            "(price_kind = 'free') = (price_fen = 0)",
            name=op.f("ck_offering_only_free_costs_nothing"),
        ),
        sa.CheckConstraint(
            "capacity_period IN ('at_once', 'session', 'day', 'week', 'month', 'year')",
            name=op.f("ck_offering_capacity_period"),
        ),
        sa.CheckConstraint(
            "channels <@ ARRAY['on_site', 'at_home', 'online']", name=op.f("ck_offering_channels")
        ),
        sa.CheckConstraint("disability IN ('any', 'severe')", name=op.f("ck_offering_disability")),
        sa.CheckConstraint(
            "hardship <@ ARRAY['minimum_living', 'low_income', 'destitute', 'expenditure']",
            name=op.f("ck_offering_hardship"),
        ),
        sa.CheckConstraint(
            "price_kind IN ('free', 'public', 'market')", name=op.f("ck_offering_price_kind")
        ),
        sa.CheckConstraint(
            "residence IN ('registered', 'living', 'either')", name=op.f("ck_offering_residence")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'published', 'suspended', 'retired')",
            name=op.f("ck_offering_status"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'retired') OR (provider_id IS NOT NULL AND cardinality(channels) > 0 AND price_kind IS NOT NULL AND price_fen IS NOT NULL AND responsible_department_id IS NOT NULL)",
            name=op.f("ck_offering_published_is_complete"),
        ),
        sa.CheckConstraint(
            "(hours IS NULL) = (open_minutes IS NULL) AND (exception_days IS NULL) = (exception_minutes IS NULL)",
            name=op.f("ck_offering_hours_are_whole"),
        ),
        sa.CheckConstraint(
            "(lon IS NULL) = (place IS NULL)", name=op.f("ck_offering_point_is_whole")
        ),
        sa.CheckConstraint(
            "age_min >= 0 AND age_max <= 150 AND age_min <= age_max", name=op.f("ck_offering_age")
        ),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_offering_capacity")),
        sa.CheckConstraint(
            "length(catalog_code) <= 12 AND length(task_code) <= 36 AND length(local_catalog_code) <= 50 AND length(local_task_code) <= 50",
            name=op.f("ck_offering_national_codes_fit"),
        ),
        sa.CheckConstraint(
            "num_nulls(capacity, capacity_unit, capacity_period) IN (0, 3)",
            name=op.f("ck_offering_capacity_is_whole"),
        ),
        sa.CheckConstraint(
            "price_fen = 0 OR price_unit IS NOT NULL", name=op.f("ck_offering_price_has_a_unit")
        ),
        sa.CheckConstraint("price_fen >= 0", name=op.f("ck_offering_price_is_not_negative")),
        sa.CheckConstraint(
            "price_kind IS NOT NULL OR price_fen IS NULL", name=op.f("ck_offering_price_has_a_kind")
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_offering_area_id_area")),
        sa.ForeignKeyConstraint(
            ["handling_body_id"],
            ["organisation.id"],
            name=op.f("fk_offering_handling_body_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["organisation.id"], name=op.f("fk_offering_provider_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["responsible_department_id"],
            ["organisation.id"],
            name=op.f("fk_offering_responsible_department_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["service_item_id"],
            ["service_item.id"],
            name=op.f("fk_offering_service_item_id_service_item"),
        ),
        sa.ForeignKeyConstraint(
            ["venue_id"], ["venue.id"], name=op.f("fk_offering_venue_id_venue")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering")),
        sa.UniqueConstraint("code", name=op.f("uq_offering_code")),
        comment="服务：机构在某处实际提供的服务",
    )
    op.create_index("ix_offering_area_code", "offering", ["area_code", "id"], unique=False)
    op.create_index("ix_offering_area_id", "offering", ["area_id"], unique=False)
    op.create_index(
        "ix_offering_category", "offering", ["category", "area_code", "id"], unique=False
    )
    op.create_index(
        "ix_offering_category_place",
        "offering",
        ["category", "place"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("status = 'published'"),
    )
    op.create_index("ix_offering_handling_body_id", "offering", ["handling_body_id"], unique=False)
    op.create_index(
        "ix_offering_place",
        "offering",
        ["place"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("status = 'published'"),
    )
    op.create_index("ix_offering_provider_id", "offering", ["provider_id"], unique=False)
    op.create_index(
        "ix_offering_responsible_department_id",
        "offering",
        ["responsible_department_id"],
        unique=False,
    )
    op.create_index(
        "ix_offering_search", "offering", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_offering_service_item_id", "offering", ["service_item_id"], unique=False)
    op.create_index(
        "ix_offering_target_groups",
        "offering",
        ["target_groups"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_offering_venue_id", "offering", ["venue_id"], unique=False)
    op.create_table(
        "offering_status_change",
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True, comment="原状态；新建时为空"),
        sa.Column("to_status", sa.Text(), nullable=False, comment="新状态"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="变更时间"),
        sa.Column("by", sa.Text(), nullable=False, comment="变更人（令牌 subject）"),
        sa.Column("reason", sa.Text(), nullable=True, comment="原因"),
        sa.CheckConstraint(
            "to_status IN ('draft', 'published', 'suspended', 'retired')",
            name=op.f("ck_offering_status_change_to_status"),
        ),
        sa.ForeignKeyConstraint(
            ["offering_id"],
            ["offering.id"],
            name=op.f("fk_offering_status_change_offering_id_offering"),
        ),
        sa.PrimaryKeyConstraint("offering_id", "id", name=op.f("pk_offering_status_change")),
        comment="服务状态沿革：何时由何人因何变更",
    )
    op.execute(sa.text(_WORDS).bindparams(words=_words()))


def downgrade() -> None:
    op.drop_table("offering_status_change")
    op.drop_table("offering")
    op.drop_table("venue")
    op.drop_table("service_item")
    op.drop_table("residency")
    op.drop_table("incubation")
    op.drop_table("organisation")
    op.drop_table("area_succession")
    op.drop_table("area_population")
    op.drop_table("area_period")
    op.drop_table("area_member")
    op.drop_table("dictionary_entry")
    op.drop_table("area_edition")
    op.drop_table("area")
    platform_2026_11_23.downgrade()


# In one statement, so that a word may stand before its parent; and each is told to the feed.
_WORDS = f"""
WITH words AS (
    INSERT INTO dictionary_entry (id, dictionary, code, name_zh, name_en, parent_code, path,
        description, sort, valid_from, is_seed, version, created_at, updated_at, created_by, updated_by)
    SELECT w.id, w.dictionary, w.code, w.name_zh, w.name_en, w.parent_code, w.path,
        w.description, w.sort, DATE '{FIRST_DAY}', true, 1, '{MADE_AT}', '{MADE_AT}', '{MADE_BY}', '{MADE_BY}'
    FROM jsonb_to_recordset(CAST(:words AS jsonb)) AS w (id uuid, dictionary text, code text,
        name_zh text, name_en text, parent_code text, path text, description text, sort int)
    RETURNING id)
INSERT INTO feed_outbox (kind, record_id) SELECT 'dictionary_entry', id FROM words
"""


def _words() -> str:
    """The words that come with the platform, as JSON: `data/dictionaries/*.csv`."""
    found = []
    lists = (files("registry") / "data" / "dictionaries").iterdir()
    for each in sorted(lists, key=lambda path: path.name):
        paths = {}
        lines = csv.DictReader(each.read_text("utf-8").splitlines())
        for sort, line in enumerate(lines, start=1):
            word = {name: value or None for name, value in line.items()}
            above = paths.get(word["parent_code"])
            word["path"] = paths[word["code"]] = (
                f"{above}/{word['code']}" if above else word["code"]
            )
            word |= {
                "id": str(uuid7()),
                "dictionary": each.name.removesuffix(".csv"),
                "sort": sort * 10,
            }
            found.append(word)
    return json.dumps(found)
