"""Release figures of venues, so that assessments of them tell no more than a release.

Revision: 0020, after 0019.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

SUBJECTS = ("city", "district", "town", "provider", "contract")
KEY, SUBJECT = "区划代码、机构或合同标识", "市、区、街镇、承接机构、合同"
KEY_NOW, SUBJECT_NOW = "区划代码、机构、合同或载体标识", "市、区、街镇、机构、合同、载体"


def _one_of(words: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_figure_subject"), "figure", type_="check")
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f("ck_figure_subject"), "figure", f"subject IN ({listed})")


def _comment(column: str, before: str, after: str) -> None:
    op.alter_column(
        "figure", column, existing_type=sa.Text(), existing_comment=before, comment=after
    )


def upgrade() -> None:
    _one_of((*SUBJECTS, "venue"))
    _comment("key", KEY, KEY_NOW)
    _comment("subject", SUBJECT, SUBJECT_NOW)


def downgrade() -> None:
    op.execute("DELETE FROM figure WHERE subject = 'venue'")
    _comment("subject", SUBJECT_NOW, SUBJECT)
    _comment("key", KEY_NOW, KEY)
    _one_of(SUBJECTS)
