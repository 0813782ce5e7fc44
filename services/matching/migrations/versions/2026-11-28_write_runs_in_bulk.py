"""Read and write runs in bulk: offerings as columns, no foreign key for each hold and choice.

Revision: 0022, after 0021.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLES = ("allocation_hold", "allocation_choice", "allocation_price")
RUN = "所属的统筹"
HOLD = "统筹分配草案占住的名额"
HOLD_BEFORE = "统筹分配期间占住的名额"
SUPPLY = "服务副本：转介与统筹所需的部分，来自资源库的变更流"
SUPPLY_BEFORE = "服务副本：转介所需的部分，来自资源库的变更流"
COLUMNS = {
    "category_path": (sa.Text(), "自根起的类别路径"),
    "eligibility": (sa.Text(), "准入条件，JSON"),
    "schedule": (sa.Text(), "自身的开放时间，JSON；空为随载体"),
    "lon": (sa.Double(), "载体经度"),
    "lat": (sa.Double(), "载体纬度"),
}


def upgrade() -> None:
    """Copy what a run asks of offerings; drop the keys."""
    for name, (kind, comment) in COLUMNS.items():
        op.add_column("supply", sa.Column(name, kind, nullable=True, comment=comment))
    op.execute(
        "UPDATE supply s SET category_path = m.state ->> 'category_path',"
        " eligibility = m.state ->> 'eligibility', schedule = m.state ->> 'schedule',"
        " lon = CAST(m.state -> 'venue' ->> 'lon' AS float8),"
        " lat = CAST(m.state -> 'venue' ->> 'lat' AS float8)"
        " FROM mirrored m WHERE m.kind = 'offering' AND m.record_id = s.offering_id"
    )
    op.create_table_comment("supply", SUPPLY, existing_comment=SUPPLY_BEFORE)
    for table in TABLES:
        op.drop_constraint(op.f(f"fk_{table}_run_id_allocation_run"), table, type_="foreignkey")
        op.alter_column(table, "run_id", comment=RUN)
    op.create_table_comment("allocation_hold", HOLD, existing_comment=HOLD_BEFORE)
    op.execute("ALTER TABLE allocation_file ALTER content SET STORAGE EXTERNAL")  # packed already


def downgrade() -> None:
    """Set them again, and forget the copies."""
    op.create_table_comment("supply", SUPPLY_BEFORE, existing_comment=SUPPLY)
    for name in COLUMNS:
        op.drop_column("supply", name)
    op.execute("ALTER TABLE allocation_file ALTER content SET STORAGE EXTENDED")
    op.create_table_comment("allocation_hold", HOLD_BEFORE, existing_comment=HOLD)
    for table in TABLES:
        op.alter_column(table, "run_id", comment=None, existing_comment=RUN)
        op.create_foreign_key(
            op.f(f"fk_{table}_run_id_allocation_run"), table, "allocation_run", ["run_id"], ["id"]
        )
