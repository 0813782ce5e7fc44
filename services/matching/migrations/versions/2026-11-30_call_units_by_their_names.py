"""Call the units of two rules by their names, also where somebody has set or verified the rule.

Revision: 0049, after 0048. What bounds a value is told by its unit (`common.rules.bounds`).
"""

from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

_UNITS = {"allocation.unverified_cost": "times", "walk.detour": "straight line"}


def upgrade() -> None:
    for code, unit in _UNITS.items():
        _rename(code, "factor", unit)


def downgrade() -> None:
    for code, unit in _UNITS.items():
        _rename(code, unit, "factor")


def _rename(code: str, before: str, unit: str) -> None:
    op.execute(f"UPDATE rule SET unit = '{unit}' WHERE code = '{code}' AND unit = '{before}'")
