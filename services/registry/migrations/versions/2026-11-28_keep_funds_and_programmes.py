"""Keep funds with their ledger, and programmes.

Balances follow the entries by a trigger and by nothing else; entries only grow.

Revision: 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEPT = ("programme", "fund")
# What an entry does to one account: what it takes away is negative.
_MOVED = (
    "sum(CASE '{account}' WHEN to_account THEN amount_fen WHEN from_account THEN -amount_fen"
    " ELSE 0 END) AS {account}"
)
_ACCOUNTS = ", ".join(
    _MOVED.format(account=name) for name in ("source", "available", "committed", "spent")
)
_POST = f"""
CREATE FUNCTION post_fund_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE fund f SET
    received_fen = f.received_fen - moved.source,
    available_fen = f.available_fen + moved.available,
    committed_fen = f.committed_fen + moved.committed,
    spent_fen = f.spent_fen + moved.spent
  FROM (SELECT fund_id, {_ACCOUNTS} FROM posted GROUP BY fund_id) moved
  WHERE f.id = moved.fund_id;
  UPDATE fund_grant g SET
    committed_fen = g.committed_fen + moved.committed,
    spent_fen = g.spent_fen + moved.spent
  FROM (
    SELECT fund_id, grant_id, {_ACCOUNTS} FROM posted WHERE grant_id IS NOT NULL
    GROUP BY fund_id, grant_id
  ) moved
  WHERE g.fund_id = moved.fund_id AND g.id = moved.grant_id;
  RETURN NULL;
END $$
"""
_BY_ENTRIES = """
CREATE FUNCTION balances_by_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  before jsonb := CASE TG_OP WHEN 'INSERT' THEN '{}' ELSE to_jsonb(OLD) END;
  after jsonb := to_jsonb(NEW);
  name text;
BEGIN
  IF pg_trigger_depth() > 1 THEN RETURN NEW; END IF;
  FOREACH name IN ARRAY ARRAY['received_fen', 'available_fen', 'committed_fen', 'spent_fen'] LOOP
    IF coalesce(after->>name, '0') <> coalesce(before->>name, '0') THEN
      RAISE EXCEPTION '%.% follows the entries', TG_TABLE_NAME, name
        USING ERRCODE = 'insufficient_privilege';
    END IF;
  END LOOP;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "funding_decision",
        sa.Column("first_id", sa.Uuid(), nullable=False, comment="资助或项目"),
        sa.Column("second_id", sa.Uuid(), nullable=False, comment="资助或项目"),
        sa.Column("rule", sa.Text(), nullable=False, comment="规则编号"),
        sa.Column("verdict", sa.Text(), nullable=False, comment="配套、应退回、已更正、非同一事项"),
        sa.Column("reason", sa.Text(), nullable=False, comment="理由"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False, comment="处理时间"),
        sa.Column("decided_by", sa.Text(), nullable=False, comment="处理人（令牌 subject）"),
        sa.CheckConstraint(
            "verdict IN ('co_funded', 'to_recover', 'corrected', 'different')",
            name=op.f("ck_funding_decision_verdict"),
        ),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_funding_decision_in_order")),
        sa.PrimaryKeyConstraint("first_id", "second_id", "rule", name=op.f("pk_funding_decision")),
        comment="疑似重复资助的处理意见",
    )
    op.create_table(
        "fund",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True, comment="外部编码，导入时据此更新"),
        sa.Column("title", sa.Text(), nullable=False, comment="资金名称"),
        sa.Column("source", sa.Text(), nullable=False, comment="字典 funding_source，来源"),
        sa.Column("line", sa.Text(), nullable=False, comment="字典 department_line，条线"),
        sa.Column("holder_id", sa.Uuid(), nullable=False, comment="管理单位"),
        sa.Column("programme_id", sa.Uuid(), nullable=True, comment="所属项目"),
        sa.Column("category", sa.Text(), nullable=True, comment="字典 service_category，限用于"),
        sa.Column("purpose", sa.Text(), nullable=False, comment="用途"),
        sa.Column("document_number", sa.Text(), nullable=True, comment="批准文号"),
        sa.Column("area_id", sa.Uuid(), nullable=False, comment="所在区划"),
        sa.Column(
            "area_code", sa.Text(), nullable=False, comment="所在区划 12 位代码，数据范围以此为准"
        ),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False, comment="批准金额，分"),
        sa.Column(
            "received_fen",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="已到账，分；由分录触发器维护",
        ),
        sa.Column(
            "available_fen",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="可用，分；由分录触发器维护",
        ),
        sa.Column(
            "committed_fen",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="已承诺未支付，分；由分录触发器维护",
        ),
        sa.Column(
            "spent_fen",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="已支付，分；由分录触发器维护",
        ),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("valid_to", sa.Date(), nullable=False, comment="终止日期，不含当日"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态：使用中、已结清"),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True, comment="结清时间"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        sa.CheckConstraint(
            "(status = 'closed') = (closed_at IS NOT NULL) AND (status = 'open' OR (available_fen = 0 AND committed_fen = 0))",
            name=op.f("ck_fund_closed_is_empty"),
        ),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_fund_status")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_fund_amount_fen")),
        sa.CheckConstraint(
            "available_fen >= 0 AND committed_fen >= 0 AND spent_fen >= 0",
            name=op.f("ck_fund_nothing_overdrawn"),
        ),
        sa.CheckConstraint(
            "received_fen = available_fen + committed_fen + spent_fen",
            name=op.f("ck_fund_balances"),
        ),
        sa.CheckConstraint(
            "received_fen BETWEEN 0 AND amount_fen", name=op.f("ck_fund_within_the_approval")
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_fund_valid_to_after_valid_from"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_fund_area_id_area")),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["organisation.id"], name=op.f("fk_fund_holder_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund")),
        sa.UniqueConstraint("code", name=op.f("uq_fund_code")),
        comment="资金：来源、金额、期限、用途与余额",
    )
    op.create_index("ix_fund_area_code", "fund", ["area_code", "id"], unique=False)
    op.create_index("ix_fund_area_id", "fund", ["area_id"], unique=False)
    op.create_index("ix_fund_holder_id", "fund", ["holder_id"], unique=False)
    op.create_index("ix_fund_programme_id", "fund", ["programme_id"], unique=False)
    op.create_table(
        "fund_grant",
        sa.Column("fund_id", sa.Uuid(), nullable=False, comment="资金"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="服务、房租补贴、水电补贴"),
        sa.Column("recipient_id", sa.Uuid(), nullable=True, comment="受助机构"),
        sa.Column("venue_id", sa.Uuid(), nullable=True, comment="受助载体"),
        sa.Column("programme_id", sa.Uuid(), nullable=True, comment="项目"),
        sa.Column("contract_id", sa.Uuid(), nullable=True, comment="购买服务合同"),
        sa.Column("concession_id", sa.Uuid(), nullable=True, comment="经营授权"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("service_item_id", sa.Uuid(), nullable=True, comment="事项"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False, comment="承诺金额，分"),
        sa.Column(
            "committed_fen",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="尚未支付，分；由分录触发器维护",
        ),
        sa.Column(
            "spent_fen",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="已支付，分；由分录触发器维护",
        ),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("valid_to", sa.Date(), nullable=False, comment="终止日期，不含当日"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态：有效、已结束"),
        sa.Column("end_reason", sa.Text(), nullable=True, comment="结束原因"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="承诺时间"),
        sa.Column("made_by", sa.Text(), nullable=False, comment="承诺人（令牌 subject）"),
        sa.CheckConstraint(
            "(status = 'ended') = (end_reason IS NOT NULL) AND (status = 'open' OR committed_fen = 0)",
            name=op.f("ck_fund_grant_ended_is_settled"),
        ),
        sa.CheckConstraint(
            "kind IN ('service', 'rent', 'utility')", name=op.f("ck_fund_grant_kind")
        ),
        sa.CheckConstraint("status IN ('open', 'ended')", name=op.f("ck_fund_grant_status")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_fund_grant_amount_fen")),
        sa.CheckConstraint(
            "committed_fen >= 0 AND spent_fen >= 0 AND committed_fen + spent_fen <= amount_fen",
            name=op.f("ck_fund_grant_nothing_overdrawn"),
        ),
        sa.CheckConstraint(
            "recipient_id IS NOT NULL OR venue_id IS NOT NULL",
            name=op.f("ck_fund_grant_to_somebody"),
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_fund_grant_valid_to_after_valid_from"),
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_fund_grant_fund_id_fund")),
        sa.ForeignKeyConstraint(
            ["recipient_id"],
            ["organisation.id"],
            name=op.f("fk_fund_grant_recipient_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["service_item_id"],
            ["service_item.id"],
            name=op.f("fk_fund_grant_service_item_id_service_item"),
        ),
        sa.PrimaryKeyConstraint("fund_id", "id", name=op.f("pk_fund_grant")),
        comment="资助：资金承诺给谁、为何事、何时",
    )
    op.create_index("ix_fund_grant_concession_id", "fund_grant", ["concession_id"], unique=False)
    op.create_index("ix_fund_grant_recipient_id", "fund_grant", ["recipient_id"], unique=False)
    op.create_index(
        "ix_fund_grant_service_item_id", "fund_grant", ["service_item_id"], unique=False
    )
    op.create_index("ix_fund_grant_venue_id", "fund_grant", ["venue_id"], unique=False)
    op.create_table(
        "programme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True, comment="外部编码，导入时据此更新"),
        sa.Column("title", sa.Text(), nullable=False, comment="项目名称"),
        sa.Column("purpose", sa.Text(), nullable=False, comment="用途与目标"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("service_item_id", sa.Uuid(), nullable=True, comment="所属事项"),
        sa.Column("line", sa.Text(), nullable=False, comment="字典 department_line，条线"),
        sa.Column("department_id", sa.Uuid(), nullable=False, comment="主管部门"),
        sa.Column("area_id", sa.Uuid(), nullable=False, comment="所在区划"),
        sa.Column(
            "area_code", sa.Text(), nullable=False, comment="所在区划 12 位代码，数据范围以此为准"
        ),
        sa.Column(
            "target_groups",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="字典 target_group",
        ),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="起始日期"),
        sa.Column("valid_to", sa.Date(), nullable=False, comment="终止日期，不含当日"),
        sa.Column(
            "years",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="分年度计划金额，分",
        ),
        sa.Column(
            "status", sa.Text(), nullable=False, comment="状态：拟订、已公布、已结束、已取消"
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True, comment="公布时间"),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True, comment="结束时间"),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True, comment="取消时间"),
        sa.Column("end_reason", sa.Text(), nullable=True, comment="结束或取消的原因"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        sa.CheckConstraint(
            "(status = 'ended') = (ended_at IS NOT NULL) AND (status = 'dropped') = (dropped_at IS NOT NULL) AND (status IN ('ended', 'dropped')) = (end_reason IS NOT NULL)",
            name=op.f("ck_programme_ended_says_when_and_why"),
        ),
        sa.CheckConstraint(
            "jsonb_typeof(years) = 'array'", name=op.f("ck_programme_years_are_a_list")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'published', 'ended', 'dropped')", name=op.f("ck_programme_status")
        ),
        sa.CheckConstraint(
            "status NOT IN ('published', 'ended') OR published_at IS NOT NULL",
            name=op.f("ck_programme_published_has_a_time"),
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from",
            name=op.f("ck_programme_valid_to_after_valid_from"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_programme_area_id_area")),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["organisation.id"],
            name=op.f("fk_programme_department_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["service_item_id"],
            ["service_item.id"],
            name=op.f("fk_programme_service_item_id_service_item"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
        sa.UniqueConstraint("code", name=op.f("uq_programme_code")),
        comment="项目：条线在某地多年所做之事",
    )
    op.create_index("ix_programme_area_code", "programme", ["area_code", "id"], unique=False)
    op.create_index("ix_programme_area_id", "programme", ["area_id"], unique=False)
    op.create_index("ix_programme_category", "programme", ["category", "area_code"], unique=False)
    op.create_index("ix_programme_department_id", "programme", ["department_id"], unique=False)
    op.create_index(
        "ix_programme_public",
        "programme",
        ["area_code", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('published', 'ended')"),
    )
    op.create_index("ix_programme_service_item_id", "programme", ["service_item_id"], unique=False)
    op.create_table(
        "fund_entry",
        sa.Column("fund_id", sa.Uuid(), nullable=False, comment="资金"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=True, comment="资助"),
        sa.Column("kind", sa.Text(), nullable=False, comment="到账、退回、承诺、释放、支付、退款"),
        sa.Column("from_account", sa.Text(), nullable=False, comment="转出账户"),
        sa.Column("to_account", sa.Text(), nullable=False, comment="转入账户"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False, comment="金额，分"),
        sa.Column("booked_on", sa.Date(), nullable=False, comment="记账日"),
        sa.Column("document_number", sa.Text(), nullable=False, comment="凭证号"),
        sa.Column("note", sa.Text(), nullable=True, comment="摘要"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="录入时间"),
        sa.Column("made_by", sa.Text(), nullable=False, comment="录入人（令牌 subject）"),
        sa.CheckConstraint(
            "(kind IN ('receipt', 'return')) = (grant_id IS NULL)",
            name=op.f("ck_fund_entry_grant_by_kind"),
        ),
        sa.CheckConstraint(
            "(kind, from_account, to_account) IN (('receipt', 'source', 'available'), ('return', 'available', 'source'), ('commitment', 'available', 'committed'), ('release', 'committed', 'available'), ('payment', 'committed', 'spent'), ('refund', 'spent', 'available'))",
            name=op.f("ck_fund_entry_legs_fit_the_kind"),
        ),
        sa.CheckConstraint(
            "from_account IN ('source', 'available', 'committed', 'spent')",
            name=op.f("ck_fund_entry_from_account"),
        ),
        sa.CheckConstraint(
            "kind IN ('receipt', 'return', 'commitment', 'release', 'payment', 'refund')",
            name=op.f("ck_fund_entry_kind"),
        ),
        sa.CheckConstraint(
            "to_account IN ('source', 'available', 'committed', 'spent')",
            name=op.f("ck_fund_entry_to_account"),
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_fund_entry_amount_fen")),
        sa.ForeignKeyConstraint(
            ["fund_id", "grant_id"],
            ["fund_grant.fund_id", "fund_grant.id"],
            name=op.f("fk_fund_entry_fund_id_grant_id_fund_grant"),
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_fund_entry_fund_id_fund")),
        sa.PrimaryKeyConstraint("fund_id", "id", name=op.f("pk_fund_entry")),
        comment="资金台账分录：自一账户至另一账户，只增不改",
    )
    op.create_index("ix_fund_entry_grant_id", "fund_entry", ["fund_id", "grant_id"], unique=False)
    op.execute(_POST)
    op.execute(_BY_ENTRIES)
    op.execute(
        "CREATE TRIGGER post_entries AFTER INSERT ON fund_entry REFERENCING NEW TABLE AS posted"
        " FOR EACH STATEMENT EXECUTE FUNCTION post_fund_entries()"
    )
    op.execute(
        "CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON fund_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION only_grows()"
    )
    for table in ("fund", "fund_grant"):
        op.execute(
            f"CREATE TRIGGER by_entries BEFORE INSERT OR UPDATE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION balances_by_entries()"
        )
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER keep_version AFTER UPDATE ON {table}"
            " REFERENCING OLD TABLE AS replaced NEW TABLE AS standing"
            " FOR EACH STATEMENT EXECUTE FUNCTION keep_version()"
        )


def downgrade() -> None:
    for table in ("fund_entry", "fund_grant", "fund", "funding_decision", "programme"):
        op.drop_table(table)
    op.execute("DROP FUNCTION post_fund_entries()")
    op.execute("DROP FUNCTION balances_by_entries()")
