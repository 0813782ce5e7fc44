"""Know who judged and who answered, and tell from where an appeal or a complaint was decided.

Revision: 0040, after 0039. What was decided before does not tell it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

FROM = {
    "grade_reply": "由上级、同级或同一单位的另一人裁定",
    "supplier_complaint": "由上级、同级或同一单位的另一人决定",
}
ANSWERED = {
    "answered_by": sa.Column("answered_by", sa.Text, nullable=True, comment="答复人"),
    "answered_area": sa.Column(
        "answered_area", sa.Text, nullable=True, comment="答复单位辖区，区划有效位"
    ),
    "answered_for": sa.Column("answered_for", sa.Uuid, nullable=True, comment="答复人所属机构"),
}


def upgrade() -> None:
    for table, comment in FROM.items():
        op.add_column(table, sa.Column("decided_from", sa.Text, nullable=True, comment=comment))
        op.create_check_constraint(
            op.f(f"ck_{table}_decided_from"),
            table,
            "decided_from = ANY ('{above, beside, within}'::text[])",
        )
    for column in ANSWERED.values():
        op.add_column("challenge", column)
    op.create_table_comment(
        "violation",
        "违规、履约失当、验收的作出单位，申诉由其上级裁定",
        existing_comment="违规记录的作出单位，申诉由其上级裁定",
    )


def downgrade() -> None:
    op.create_table_comment("violation", "违规记录的作出单位，申诉由其上级裁定")
    for name in ANSWERED:
        op.drop_column("challenge", name)
    for table in FROM:
        op.drop_column(table, "decided_from")
