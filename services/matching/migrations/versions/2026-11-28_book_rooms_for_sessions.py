"""Book rooms for sessions.

Revision: 0020, after 0019.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BEFORE = "'full', 'not_eligible', 'out_of_reach', 'no_staff', 'not_reached', 'closed'"


def upgrade() -> None:
    op.create_table(
        "room",
        sa.Column("id", sa.Uuid(), nullable=False, comment="预约标识"),
        sa.Column("offering_id", sa.Uuid(), nullable=False, comment="服务"),
        sa.Column("space_id", sa.Uuid(), nullable=False, comment="资源库中的空间"),
        sa.Column("session_on", sa.Date(), nullable=False, comment="服务日期"),
        sa.Column("session", sa.Text(), nullable=False, comment="场次 HH:MM；不按场计为空串"),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False, comment="开始时间"),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False, comment="结束时间"),
        sa.Column("persons", sa.Integer(), nullable=False, comment="人数"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态"),
        sa.Column("refusal", sa.Text(), nullable=True, comment="未获空间的原因代码"),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="何时再办；空为无事可办",
        ),
        sa.Column("tries", sa.Integer(), nullable=False, comment="无人应答的次数"),
        sa.CheckConstraint("persons > 0", name=op.f("ck_room_persons")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_room_ends_at")),
        sa.CheckConstraint(
            "status <> 'refused' OR refusal IS NOT NULL",
            name=op.f("ck_room_refused_has_a_reason"),
        ),
        sa.CheckConstraint(
            "status IN ('booked', 'left') OR due_at IS NOT NULL",
            name=op.f("ck_room_unfinished_is_due"),
        ),
        sa.CheckConstraint(
            "status IN ('wanted', 'booked', 'refused', 'leaving', 'left')",
            name=op.f("ck_room_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
        comment="服务场次所需空间：在资源库的预约及待办",
    )
    op.create_index(
        "ix_room_due",
        "room",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_room_going",
        "room",
        ["space_id"],
        unique=False,
        postgresql_where=sa.text("status IN ('refused', 'leaving')"),
    )
    op.create_index(
        "uq_room_session",
        "room",
        ["offering_id", "session_on", "session"],
        unique=True,
        postgresql_where=sa.text("status IN ('wanted', 'booked')"),
    )
    op.create_index(
        "ix_referral_booking_id",
        "referral",
        ["booking_id"],
        unique=False,
        postgresql_where=sa.text("booking_id IS NOT NULL"),
    )
    op.add_column(
        "supply",
        sa.Column("space_id", sa.Uuid(), nullable=True, comment="每场须预约的空间；空为不需"),
    )
    _reasons(f"{BEFORE}, 'no_room', 'other'")


def downgrade() -> None:
    op.execute("UPDATE referral SET decline_reason = 'other' WHERE decline_reason = 'no_room'")
    _reasons(f"{BEFORE}, 'other'")
    op.drop_column("supply", "space_id")
    op.drop_index("ix_referral_booking_id", table_name="referral")
    op.drop_table("room")


def _reasons(listed: str) -> None:
    op.drop_constraint(op.f("ck_referral_decline_reason"), "referral")
    op.create_check_constraint(
        op.f("ck_referral_decline_reason"), "referral", f"decline_reason IN ({listed})"
    )
