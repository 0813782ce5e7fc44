"""Tell editions of the rules apart: who keeps them asks one row whether they have changed.

Revision: 0027, after 0026.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The trigger also heeds what the release before writes."""
    op.create_table(
        "rule_edition",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False, comment="恒为 1"),
        sa.Column("edition", sa.Uuid(), nullable=False, comment="版次，随机"),
        sa.CheckConstraint("id = 1", name=op.f("ck_rule_edition_once")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_edition")),
        comment="规则表的版次：规则一有改动即另取，由触发器维护",
    )
    op.execute("INSERT INTO rule_edition VALUES (1, gen_random_uuid())")
    op.execute(
        "CREATE FUNCTION renew_rule_edition() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " UPDATE rule_edition SET edition = gen_random_uuid(); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER renews_edition AFTER INSERT OR UPDATE OR DELETE ON rule"
        " FOR EACH STATEMENT EXECUTE FUNCTION renew_rule_edition()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER renews_edition ON rule")
    op.execute("DROP FUNCTION renew_rule_edition()")
    op.drop_table("rule_edition")
