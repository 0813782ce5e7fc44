"""Let bundles hold people, and imports bring rooms, people, bundles and concessions by their codes.

Revision: 0022, after 0021.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KINDS = (
    *("area", "organisation", "incubation", "venue", "service_item", "offering"),
    *("dictionary_entry", "programme", "fund"),
)
ADDED = ("space", "person", "bundle", "concession")
HELD = ("offering", "venue", "fund", "programme")


def upgrade() -> None:
    for table, comment in (("person", "工号，本单位自定"), ("concession", "外部编码")):
        op.add_column(table, sa.Column("code", sa.Text(), nullable=True, comment=comment))
        op.create_unique_constraint(op.f(f"uq_{table}_code"), table, ["code"])
    _grade("现职级代码，由定级写入", before="职级")
    op.add_column(
        "bundle_member", sa.Column("person_id", sa.Uuid(), nullable=True, comment="人员，不对外")
    )
    op.create_index("ix_bundle_member_person_id", "bundle_member", ["person_id"])
    op.create_foreign_key(
        op.f("fk_bundle_member_person_id_person"), "bundle_member", "person", ["person_id"], ["id"]
    )
    _one_of(*HELD, "person")
    _allow(*KINDS, *ADDED)
    for kind in ("bundle", "concession"):  # states that feeds do not tell yet
        op.execute(
            f"INSERT INTO feed_outbox (kind, record_id)"
            f" SELECT '{kind}', id FROM {kind} WHERE status <> 'draft'"
        )


def downgrade() -> None:
    op.execute("DELETE FROM bundle_member WHERE person_id IS NOT NULL")
    _one_of(*HELD)
    op.drop_column("bundle_member", "person_id")
    _grade("职级", before="现职级代码，由定级写入")
    for table in ("person", "concession"):
        op.drop_column(table, "code")
    listed = ", ".join(f"'{kind}'" for kind in ADDED)
    op.execute(f"DELETE FROM import_job WHERE kind IN ({listed})")
    _allow(*KINDS)


def _grade(comment: str, *, before: str) -> None:
    op.alter_column("person", "grade", comment=comment, existing_comment=before)


def _one_of(*kinds: str) -> None:
    one = " + ".join(f"({kind}_id IS NOT NULL)::int" for kind in kinds)
    op.drop_constraint(op.f("ck_bundle_member_one_thing"), "bundle_member", type_="check")
    op.create_check_constraint(op.f("ck_bundle_member_one_thing"), "bundle_member", f"{one} = 1")


def _allow(*kinds: str) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("ck_import_job_kind"), "import_job", type_="check")
    op.create_check_constraint(op.f("ck_import_job_kind"), "import_job", f"kind IN ({listed})")
