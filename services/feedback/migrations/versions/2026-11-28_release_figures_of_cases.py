"""Hold the figures of cases as they stood when their period was released.

Revision: 0024, after 0023.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_figure",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="责任单位、载体、合同"),
        sa.Column("key", sa.Uuid(), nullable=False, comment="其标识"),
        sa.Column("cases", sa.Integer(), nullable=False, comment="该期收到的工单"),
        sa.Column("in_time", sa.Integer(), nullable=False, comment="按期答复的"),
        sa.Column("solved", sa.Integer(), nullable=False, comment="经居民确认解决的"),
        sa.CheckConstraint(
            "cases >= 10 AND in_time <= cases AND solved <= cases",
            name=op.f("ck_case_figure_cases"),
        ),
        sa.CheckConstraint(
            "subject IN ('organisation', 'venue', 'contract')", name=op.f("ck_case_figure_subject")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["statistics_release.id"],
            name=op.f("fk_case_figure_release_id_statistics_release"),
        ),
        sa.PrimaryKeyConstraint("release_id", "subject", "key", name=op.f("pk_case_figure")),
        comment="随统计期定格的工单数字，考核据此计算；不足十件或可由差额推出的不记",
    )
    op.create_index("ix_case_figure_subject", "case_figure", ["subject", "key", "release_id"])
    op.execute(  # of releases so far: by one splitting alone, so that nothing can be subtracted
        "INSERT INTO case_figure SELECT l.id, 'organisation', c.responsible_body_id, count(*),"
        " count(*) FILTER (WHERE least(c.answered_at, c.fixed_at) < c.due_at),"
        " count(*) FILTER (WHERE c.status = 'confirmed' AND c.confirmed_at IS NOT NULL)"
        " FROM statistics_release l JOIN case_order c"
        " ON (c.received_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN l.from_on AND l.until_on"
        " WHERE c.responsible_body_id IS NOT NULL"
        " AND c.status NOT IN ('handed_over', 'duplicate', 'withdrawn')"
        " GROUP BY l.id, c.responsible_body_id HAVING count(*) >= 10"
    )
    op.execute(
        "CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON case_figure"
        " FOR EACH ROW EXECUTE FUNCTION row_stays()"
    )


def downgrade() -> None:
    op.drop_table("case_figure")
