"""Let agendas be delivered, and release figures of contracts.

Revision: 0019, after 0018.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

SUBJECTS = ("city", "district", "town", "provider")
STATUSES = ("published", "superseded", "withdrawn")
MUTABLE = "'status', 'items_fen', 'superseded_by_id', 'withdrawn_at', 'withdrawal_reason'"
FREEZE = """
CREATE OR REPLACE FUNCTION freeze_agenda() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE mutable CONSTANT text[] := ARRAY[{mutable}, 'version', 'updated_at', 'updated_by'];
BEGIN
  IF to_jsonb(OLD) - mutable <> to_jsonb(NEW) - mutable
     OR (NEW.items_fen <> OLD.items_fen AND pg_trigger_depth() < 2) THEN
    RAISE EXCEPTION 'a published agenda is frozen' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'ck_agenda_frozen';
  END IF;
  RETURN NEW;
END $$
"""


def _one_of(table: str, column: str, words: tuple[str, ...]) -> None:
    name = f"ck_{table}_{column}"
    op.drop_constraint(op.f(name), table, type_="check")
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f(name), table, f"{column} IN ({listed})")


def _in_force(condition: str) -> None:
    op.drop_index("uq_agenda_vote_in_force", table_name="agenda")
    op.create_index(
        "uq_agenda_vote_in_force",
        "agenda",
        ["vote_id"],
        unique=True,
        postgresql_where=condition,
    )


def _end_has_reason(condition: str) -> None:
    op.drop_constraint(op.f("ck_agenda_end_has_reason"), "agenda", type_="check")
    op.create_check_constraint(
        op.f("ck_agenda_end_has_reason"), "agenda", f"{condition} OR withdrawal_reason IS NOT NULL"
    )


def _comment(column: str, before: str, after: str) -> None:
    op.alter_column(
        "figure", column, existing_type=sa.Text(), existing_comment=before, comment=after
    )


def upgrade() -> None:
    op.add_column(
        "agenda",
        sa.Column(
            "delivered_at", sa.DateTime(timezone=True), nullable=True, comment="全部落实的时间"
        ),
    )
    _one_of("agenda", "status", ("published", "delivered", *STATUSES[1:]))
    _end_has_reason("status IN ('published', 'delivered')")
    op.create_check_constraint(
        op.f("ck_agenda_delivered_at"),
        "agenda",
        "(status = 'delivered') = (delivered_at IS NOT NULL)",
    )
    _in_force("status IN ('published', 'delivered')")
    op.execute(FREEZE.format(mutable=f"{MUTABLE}, 'delivered_at'"))
    _one_of("figure", "subject", (*SUBJECTS, "contract"))
    _comment("key", "区划代码或机构标识", "区划代码、机构或合同标识")
    _comment("subject", "市、区、街镇、承接机构", "市、区、街镇、承接机构、合同")


def downgrade() -> None:
    op.execute("DELETE FROM figure WHERE subject = 'contract'")
    _comment("key", "区划代码、机构或合同标识", "区划代码或机构标识")
    _comment("subject", "市、区、街镇、承接机构、合同", "市、区、街镇、承接机构")
    _one_of("figure", "subject", SUBJECTS)
    op.execute(
        "UPDATE agenda SET status = 'published', delivered_at = NULL WHERE status = 'delivered'"
    )
    op.execute(FREEZE.format(mutable=MUTABLE))
    op.drop_constraint(op.f("ck_agenda_delivered_at"), "agenda", type_="check")
    _in_force("status = 'published'")
    _end_has_reason("status = 'published'")
    _one_of("agenda", "status", STATUSES)
    op.drop_column("agenda", "delivered_at")
