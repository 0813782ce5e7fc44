"""Judge what comes in at less cost: editions of rules and notices, an index of street offices.

Revision: 0038, after 0037.
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

OF = ("rule", "calendar_notice")


def upgrade() -> None:
    """The triggers also heed what the release before writes."""
    op.create_table(
        "ground_edition",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False, comment="恒为 1"),
        sa.Column("edition", sa.Uuid(), nullable=False, comment="版次，随机"),
        sa.CheckConstraint("id = 1", name=op.f("ck_ground_edition_once")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ground_edition")),
        comment="规则与放假通知的版次：一有改动即另取，由触发器维护",
    )
    op.execute("INSERT INTO ground_edition VALUES (1, gen_random_uuid())")
    op.execute(
        "CREATE FUNCTION renew_ground_edition() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " UPDATE ground_edition SET edition = gen_random_uuid(); RETURN NULL; END $$"
    )
    for table in OF:
        op.execute(
            f"CREATE TRIGGER renews_edition AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION renew_ground_edition()"
        )
    op.create_index(
        "ix_mirrored_street",
        "mirrored",
        ["area_code"],
        postgresql_where="kind = 'organisation' AND state ->> 'kind' = 'street'",
    )


def downgrade() -> None:
    op.drop_index("ix_mirrored_street", "mirrored")
    for table in OF:
        op.execute(f"DROP TRIGGER renews_edition ON {table}")
    op.execute("DROP FUNCTION renew_ground_edition()")
    op.drop_table("ground_edition")
