"""Keep what records were: each version that an edit replaces, in the transaction of the edit.

A trigger by statement, so that an import of thousands of rows costs one more statement and a new
row costs nothing. Revision: 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEPT = ("area", "organisation", "dictionary_entry", "venue", "service_item", "offering")
_KEEP = """
CREATE FUNCTION keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO record_version (kind, record_id, version, made_at, made_by, facts)
  SELECT TG_TABLE_NAME, o.id, o.version, o.updated_at, o.updated_by,
    to_jsonb(o) - ARRAY['search', 'place', 'open_minutes', 'exception_days', 'exception_minutes',
      'contact_name', 'contact_phone', 'contact_index']
  FROM replaced o JOIN standing n ON n.id = o.id WHERE n.version <> o.version;
  RETURN NULL;
END $$
"""
_ONLY_GROWS = """
CREATE FUNCTION only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$
"""


def upgrade() -> None:
    op.create_table(
        "record_version",
        sa.Column("kind", sa.Text(), nullable=False, comment="表名"),
        sa.Column("record_id", sa.Uuid(), nullable=False, comment="记录标识"),
        sa.Column("version", sa.Integer(), nullable=False, comment="版本号"),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), nullable=False, comment="该版本形成的时间"
        ),
        sa.Column("made_by", sa.Text(), nullable=False, comment="形成该版本的人（令牌 subject）"),
        sa.Column("facts", JSONB(), nullable=False, comment="该版本各列"),
        sa.PrimaryKeyConstraint("kind", "record_id", "version", name=op.f("pk_record_version")),
        comment="记录的历次版本：每次修改前的原样，只增不改",
    )
    op.execute(_KEEP)
    op.execute(_ONLY_GROWS)
    op.execute(
        "CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON record_version"
        " FOR EACH STATEMENT EXECUTE FUNCTION only_grows()"
    )
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER keep_version AFTER UPDATE ON {table}"
            " REFERENCING OLD TABLE AS replaced NEW TABLE AS standing"
            " FOR EACH STATEMENT EXECUTE FUNCTION keep_version()"
        )


def downgrade() -> None:
    for table in KEPT:
        op.execute(f"DROP TRIGGER keep_version ON {table}")
    op.drop_table("record_version")
    op.execute("DROP FUNCTION keep_version()")
    op.execute("DROP FUNCTION only_grows()")
