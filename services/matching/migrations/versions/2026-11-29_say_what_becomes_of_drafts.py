"""Say why a choice of a draft lapsed, and why needs that no run could place are not served.

Revision: 0032, after 0031. The release before neither writes nor asks for what is new.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

BEFORE = (
    *("no_offering_in_category", "not_eligible", "closed_at_wanted_time", "over_budget"),
    *("too_far", "all_places_taken"),
)
NEW = ("place_unknown", "no_day_left", "offering_gone")
LAPSES = (
    *("not_open", "referred", "offering_closed", "no_provider", "counted_by_session"),
    *("over_budget", "not_eligible", "agreement_needed"),
)
REASONS = {"need": "unmet_reason", "duty": "reason", "allocation_choice": "reason"}
LAPSED, LAPSED_BEFORE = "提交时未能转介的人数", "提交时已不再待满足"


def upgrade() -> None:
    op.add_column(
        "allocation_run",
        sa.Column("lapsed_by", JSONB(), nullable=True, comment="未能转介原因与人数"),
    )
    op.alter_column("allocation_run", "lapsed", comment=LAPSED, existing_comment=LAPSED_BEFORE)
    op.add_column(
        "allocation_choice",
        sa.Column("lapse", sa.Text(), nullable=True, comment="提交时未能转介的原因"),
    )
    op.create_check_constraint(
        op.f("ck_allocation_choice_lapse"), "allocation_choice", f"lapse = ANY ({_listed(LAPSES)})"
    )
    op.create_check_constraint(
        op.f("ck_allocation_choice_only_choices_lapse"),
        "allocation_choice",
        "lapse IS NULL OR offering_id IS NOT NULL",
    )
    _allow((*BEFORE, *NEW))


def downgrade() -> None:
    listed = _listed(NEW)
    for table, column in REASONS.items():
        op.execute(f"UPDATE {table} SET {column} = 'too_far' WHERE {column} = ANY ({listed})")
    _allow(BEFORE)
    op.drop_column("allocation_choice", "lapse")
    op.alter_column("allocation_run", "lapsed", comment=LAPSED_BEFORE, existing_comment=LAPSED)
    op.drop_column("allocation_run", "lapsed_by")


def _allow(words: tuple[str, ...]) -> None:
    for table, column in REASONS.items():
        name = f"ck_{table}_{column}"
        op.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT {name},"
            f" ADD CONSTRAINT {name} CHECK ({column} = ANY ({_listed(words)}))"
        )


def _listed(words: tuple[str, ...]) -> str:
    return f"'{{{', '.join(words)}}}'::text[]"
