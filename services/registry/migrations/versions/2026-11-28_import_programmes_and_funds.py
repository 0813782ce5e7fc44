"""Let imports bring programmes and funds.

Revision: 0016, after 0015.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BEFORE = (
    *("area", "organisation", "incubation", "venue", "service_item", "offering"),
    "dictionary_entry",
)
ADDED = ("programme", "fund")


def upgrade() -> None:
    _allow(*BEFORE, *ADDED)


def downgrade() -> None:
    _allow(*BEFORE)


def _allow(*kinds: str) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("ck_import_job_kind"), "import_job", type_="check")
    op.create_check_constraint(op.f("ck_import_job_kind"), "import_job", f"kind IN ({listed})")
