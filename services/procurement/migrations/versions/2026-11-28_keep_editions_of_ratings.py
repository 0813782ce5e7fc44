"""Keep editions of ratings: what the public is told, from groups of residents.

Revision: 0021, after 0020.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rating_edition",
        sa.Column("until_on", sa.Date(), nullable=False, comment="截至日：期次的编号"),
        sa.Column("settled_on", sa.Date(), nullable=False, comment="该日及以前的居民评价不能再改"),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False, comment="所据证据的时点"),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False, comment="公布时间"),
        sa.CheckConstraint("known_at <= published_at", name=op.f("ck_rating_edition_known_at")),
        sa.CheckConstraint("settled_on <= until_on", name=op.f("ck_rating_edition_settled_on")),
        sa.PrimaryKeyConstraint("until_on", name=op.f("pk_rating_edition")),
        comment="评级的一期：公布后不改，两期之间对外数字不变",
    )
    op.create_table(
        "rating_group",
        sa.Column("provider_id", sa.Uuid(), nullable=False, comment="承接者"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("dimension", sa.Text(), nullable=False, comment="评价维度"),
        sa.Column("buyer_id", sa.Uuid(), nullable=True, comment="购买方；无合同为空"),
        sa.Column("edition_on", sa.Date(), nullable=False, comment="自哪一期起计入"),
        sa.Column("heard_on", sa.Date(), nullable=False, comment="评价日的平均"),
        sa.Column("ratings", sa.Integer(), nullable=False, comment="评价条数"),
        sa.Column("levels", sa.ARRAY(sa.Integer()), nullable=False, comment="1 至 5 级各多少条"),
        sa.CheckConstraint(
            "dimension IN ('overall', 'efficiency', 'competence', 'attitude', 'convenience', 'value')",
            name=op.f("ck_rating_group_dimension"),
        ),
        sa.CheckConstraint("cardinality(levels) = 5", name=op.f("ck_rating_group_levels")),
        sa.CheckConstraint("ratings >= 10", name=op.f("ck_rating_group_never_the_few")),
        sa.ForeignKeyConstraint(
            ["edition_on"],
            ["rating_edition.until_on"],
            name=op.f("fk_rating_group_edition_on_rating_edition"),
        ),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_rating_group")),
        comment="一并计入的居民评价：同一购买方十条以上，两端按邻值计",
    )
    op.create_index(
        "uq_rating_group_once",
        "rating_group",
        ["provider_id", "category", "dimension", "buyer_id", "edition_on"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "released_prior",
        sa.Column("frozen_on", sa.Date(), nullable=False, comment="期次"),
        sa.Column("category", sa.Text(), nullable=False, comment="空串为全部类别"),
        sa.Column("dimension", sa.Text(), nullable=False, comment="评价维度"),
        sa.Column("levels", sa.ARRAY(sa.Double()), nullable=False, comment="1 至 5 级的基准比例"),
        sa.Column("weight", sa.Double(), nullable=False, comment="先验相当于多少条评价"),
        sa.Column("correlation", sa.Double(), nullable=False, comment="同一购买方各条的相关"),
        sa.Column("steadiness", sa.Double(), nullable=False, comment="相隔一个月的服务水平相关"),
        sa.Column("providers", sa.Integer(), nullable=False, comment="所据承接者数"),
        sa.Column("evidence", sa.Integer(), nullable=False, comment="所据证据条数"),
        sa.CheckConstraint(
            "dimension IN ('overall', 'efficiency', 'competence', 'attitude', 'convenience', 'value')",
            name=op.f("ck_released_prior_dimension"),
        ),
        sa.CheckConstraint("cardinality(levels) = 5", name=op.f("ck_released_prior_levels")),
        sa.ForeignKeyConstraint(
            ["frozen_on"],
            ["rating_edition.until_on"],
            name=op.f("fk_released_prior_frozen_on_rating_edition"),
        ),
        sa.PrimaryKeyConstraint(
            "frozen_on", "category", "dimension", name=op.f("pk_released_prior")
        ),
        comment="各期的类别先验：只据已一并计入的评价与机关评价",
    )
    op.create_table(
        "released_rating",
        sa.Column("rating_id", sa.Uuid(), nullable=False, comment="评级"),
        sa.Column("edition_on", sa.Date(), nullable=False, comment="自哪一期起"),
        sa.Column("ended_on", sa.Date(), nullable=True, comment="由哪一期取代；空为现行"),
        sa.Column("provider_id", sa.Uuid(), nullable=False, comment="承接者"),
        sa.Column("category", sa.Text(), nullable=False, comment="字典 service_category"),
        sa.Column("dimension", sa.Text(), nullable=False, comment="评价维度"),
        sa.Column(
            "is_rated", sa.Boolean(), nullable=False, comment="样本足够；否则不评级，且不得据此排除"
        ),
        sa.Column("level", sa.SmallInteger(), nullable=True, comment="等次，带滞后"),
        sa.Column("expected", sa.Double(), nullable=True, comment="期望得分 0–1，取整"),
        sa.Column("lower_bound", sa.Double(), nullable=True, comment="下界，向下取整"),
        sa.Column("upper_bound", sa.Double(), nullable=True, comment="上界，向上取整"),
        sa.Column("ratings", sa.Integer(), nullable=False, comment="计入的证据条数，以十计"),
        sa.Column("effective_ratings", sa.Double(), nullable=False, comment="有效样本量，取整"),
        sa.Column("buyers", sa.Integer(), nullable=False, comment="互不关联的购买方数"),
        sa.CheckConstraint(
            "dimension IN ('overall', 'efficiency', 'competence', 'attitude', 'convenience', 'value')",
            name=op.f("ck_released_rating_dimension"),
        ),
        sa.CheckConstraint(
            "0 <= lower_bound AND lower_bound <= expected AND expected <= upper_bound AND upper_bound <= 1",
            name=op.f("ck_released_rating_bounds"),
        ),
        sa.CheckConstraint("ended_on > edition_on", name=op.f("ck_released_rating_ended_on")),
        sa.CheckConstraint(
            "is_rated = (level IS NOT NULL) AND is_rated = (expected IS NOT NULL) AND is_rated = (lower_bound IS NOT NULL) AND is_rated = (upper_bound IS NOT NULL)",
            name=op.f("ck_released_rating_rated_is_whole"),
        ),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name=op.f("ck_released_rating_level")),
        sa.CheckConstraint("mod(ratings, 10) = 0", name=op.f("ck_released_rating_in_tens")),
        sa.ForeignKeyConstraint(
            ["edition_on"],
            ["rating_edition.until_on"],
            name=op.f("fk_released_rating_edition_on_rating_edition"),
        ),
        sa.PrimaryKeyConstraint("rating_id", "edition_on", name=op.f("pk_released_rating")),
        comment="公布的评级：取整、条数以十计，按期留痕",
    )
    op.create_index(
        "uq_released_rating_now",
        "released_rating",
        ["provider_id", "category", "dimension"],
        unique=True,
        postgresql_where="ended_on IS NULL",
    )
    op.create_index(
        "ix_evidence_related",
        "evidence",
        ["provider_id", "category", "dimension", "buyer_id"],
        unique=False,
        postgresql_where="source = 'rating' AND is_related",
    )
    op.create_index(
        "ix_evidence_told_before",
        "evidence",
        ["source_id", "provider_id", "dimension"],
        unique=False,
        postgresql_where="source = 'rating' AND known_to IS NOT NULL",
    )
    # The feed told exact figures so far: they are taken back until the first edition.
    op.execute(
        "INSERT INTO feed_outbox (kind, record_id) SELECT 'provider_rating', id FROM provider_rating"
    )


def downgrade() -> None:
    op.drop_index("ix_evidence_told_before", table_name="evidence")
    op.drop_index("ix_evidence_related", table_name="evidence")
    op.drop_table("released_rating")
    op.drop_table("released_prior")
    op.drop_table("rating_group")
    op.drop_table("rating_edition")
