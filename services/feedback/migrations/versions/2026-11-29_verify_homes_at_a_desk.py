"""Verify homes at a desk, for residents whose sign-in does not say where they live.

Revision: 0037, after 0036.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

BASES = "{household_register, residence_permit, property, lease}"
STANDS = "confirmed_at IS NOT NULL AND ended_at IS NULL"
WAITS = "confirmed_at IS NULL AND ended_at IS NULL"
CHECKS = {
    "basis": f"basis = ANY ('{BASES}'::text[])",
    "another_person_confirms": "confirmed_by <> created_by",
    "confirmed_whole": (
        "(confirmed_at IS NULL) = (confirmed_by IS NULL)"
        " AND (confirmed_at IS NULL) = (expires_on IS NULL)"
    ),
    "ended_with_reason": "(ended_at IS NULL) = (end_reason IS NULL)",
}
# Name, columns, unique, which rows.
INDEXES = (
    ("uq_residence_resident", ["resident"], True, STANDS),
    ("uq_residence_person", ["person"], True, STANDS),
    ("ix_residence_person", ["person"], False, None),
    ("uq_residence_waiting", ["resident"], True, WAITS),
    ("ix_residence_waiting_since", ["created_at"], False, WAITS),
    ("ix_residence_ended_at", ["ended_at"], False, "ended_at IS NOT NULL"),
    ("ix_residence_expires_on", ["expires_on"], False, "expires_on IS NOT NULL"),
    ("ix_residence_area", ["area_code", "id"], False, None),
)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _comment("凭码者的账号化名，或柜台核验者的个人化名")
    op.create_table(
        "residence_code",
        sa.Column("resident", sa.Text(), nullable=False, comment="居民化名（用途 residence）"),
        sa.Column("code", sa.LargeBinary(), nullable=False, comment="核验码的盲索引"),
        sa.Column("expires_at", MOMENT, nullable=False, comment="失效时间"),
        sa.PrimaryKeyConstraint("resident", name=op.f("pk_residence_code")),
        comment="居住地核验码：只存盲索引，用后即删",
    )
    op.create_index("uq_residence_code_code", "residence_code", ["code"], unique=True)
    op.create_index("ix_residence_code_expires_at", "residence_code", ["expires_at"])
    op.create_table(
        "residence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resident", sa.Text(), nullable=False, comment="居民化名（用途 residence）"),
        sa.Column(
            "person", sa.Text(), nullable=False, comment="公民身份号码的带密钥指纹：一人一处"
        ),
        sa.Column("area_code", sa.Text(), nullable=False, comment="居村 12 位代码"),
        sa.Column("basis", sa.Text(), nullable=False, comment="所出示的凭据种类"),
        sa.Column("confirmed_by", sa.Text(), nullable=True, comment="复核人"),
        sa.Column("confirmed_at", MOMENT, nullable=True, comment="复核时间"),
        sa.Column("expires_on", sa.Date(), nullable=True, comment="有效期末日，含"),
        sa.Column("ended_at", MOMENT, nullable=True, comment="终止时间"),
        sa.Column("end_reason", sa.Text(), nullable=True, comment="终止原因"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", MOMENT, nullable=False, comment="建立时间"),
        sa.Column("updated_at", MOMENT, nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人；居民为化名"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人；居民为化名"),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_residence_{name}"))
            for name, condition in CHECKS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_residence")),
        comment="居住地核验：化名、居村、有效期；不存地址、证件号与姓名",
    )
    for name, columns, is_unique, where in INDEXES:
        op.create_index(
            name,
            "residence",
            columns,
            unique=is_unique,
            postgresql_where=where and sa.text(where),
        )


def downgrade() -> None:
    op.drop_table("residence")
    op.drop_table("residence_code")
    _comment("凭码网上投票者的化名：一人只用一码")


def _comment(words: str) -> None:
    op.execute(f"COMMENT ON COLUMN roll_entry.person IS '{words}'")
