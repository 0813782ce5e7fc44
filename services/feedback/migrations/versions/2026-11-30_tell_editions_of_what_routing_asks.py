"""Tell editions of what routing asks: areas, items, bodies and words of the mirror.

Revision: 0063, after 0062.
"""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

CHANGES = (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))


def upgrade() -> None:
    """Other kinds change all day, and renew nothing. The triggers also heed the release before."""
    op.create_table(
        "routing_edition",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False, comment="恒为 1"),
        sa.Column("edition", sa.Uuid(), nullable=False, comment="版次，随机"),
        sa.CheckConstraint("id = 1", name=op.f("ck_routing_edition_once")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_edition")),
        comment="分派所依区划、事项、机构、字典副本的版次：一有改动即另取，由触发器维护",
    )
    op.execute("INSERT INTO routing_edition VALUES (1, gen_random_uuid())")
    op.execute(
        "CREATE FUNCTION renew_routing_edition() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " UPDATE routing_edition SET edition = gen_random_uuid() WHERE EXISTS (SELECT FROM changed"
        " WHERE kind IN ('area', 'dictionary_entry', 'organisation', 'service_item'));"
        " RETURN NULL; END $$"
    )
    for event, rows in CHANGES:
        op.execute(
            f"CREATE TRIGGER renews_edition_on_{event.lower()} AFTER {event} ON mirrored"
            f" REFERENCING {rows} TABLE AS changed"
            " FOR EACH STATEMENT EXECUTE FUNCTION renew_routing_edition()"
        )


def downgrade() -> None:
    for event, _ in CHANGES:
        op.execute(f"DROP TRIGGER renews_edition_on_{event.lower()} ON mirrored")
    op.execute("DROP FUNCTION renew_routing_edition()")
    op.drop_table("routing_edition")
