"""Keep rooms and their bookings: what takes a room is excluded from being taken twice.

Revision: 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KEPT = ("space",)


def upgrade() -> None:
    op.create_table(
        "blackout",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False, comment="载体"),
        sa.Column("space_ids", sa.ARRAY(sa.Uuid()), nullable=False, comment="停用的房间"),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False, comment="开始"),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False, comment="结束，不含"),
        sa.Column("reason", sa.Text(), nullable=False, comment="原因"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_blackout_runs_forward")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blackout")),
        comment="空间停用时段",
    )
    op.create_index(
        "ix_blackout_venue_id", "blackout", ["venue_id", "starts_at", "id"], unique=False
    )
    op.create_table(
        "booking",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False, comment="载体"),
        sa.Column("space_id", sa.Uuid(), nullable=False, comment="空间"),
        sa.Column("series_id", sa.Uuid(), nullable=True, comment="所属系列"),
        sa.Column("party", sa.Text(), nullable=False, comment="为谁预约：居民、机构、工作人员"),
        sa.Column(
            "booker", sa.Text(), nullable=False, comment="预约人；居民为化名（用途 bookings）"
        ),
        sa.Column("organisation_id", sa.Uuid(), nullable=True, comment="预约机构"),
        sa.Column("offering_id", sa.Uuid(), nullable=True, comment="为哪项服务"),
        sa.Column("purpose", sa.Text(), nullable=False, comment="用途"),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False, comment="开始"),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False, comment="结束，不含"),
        sa.Column("persons", sa.Integer(), nullable=False, comment="人数"),
        sa.Column(
            "status",
            sa.Text(),
            nullable=False,
            comment="状态：暂占、待审批、已确认、已使用、未到、取消、失效",
        ),
        sa.Column(
            "hold_expires_at", sa.DateTime(timezone=True), nullable=True, comment="暂占到期时间"
        ),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True, comment="确认时间"),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True, comment="取消时间"),
        sa.Column("cancel_reason", sa.Text(), nullable=True, comment="取消原因代码"),
        sa.Column(
            "settled_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="登记使用、未到或失效的时间",
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        sa.CheckConstraint(
            "(status = 'cancelled') = (cancelled_at IS NOT NULL AND cancel_reason IS NOT NULL)",
            name=op.f("ck_booking_cancelled_says_why"),
        ),
        sa.CheckConstraint(
            "(status IN ('used', 'no_show', 'expired')) = (settled_at IS NOT NULL)",
            name=op.f("ck_booking_settled_has_a_time"),
        ),
        sa.CheckConstraint(
            "cancel_reason IN ('withdrawn', 'rejected', 'displaced', 'unusable')",
            name=op.f("ck_booking_cancel_reason"),
        ),
        sa.CheckConstraint(
            "party IN ('resident', 'organisation', 'office')", name=op.f("ck_booking_party")
        ),
        sa.CheckConstraint(
            "purpose IN ('service', 'activity', 'deliberation', 'administration', 'market')",
            name=op.f("ck_booking_purpose"),
        ),
        sa.CheckConstraint(
            "status <> 'held' OR hold_expires_at IS NOT NULL", name=op.f("ck_booking_holds_expire")
        ),
        sa.CheckConstraint(
            "status IN ('held', 'pending', 'confirmed', 'used', 'no_show', 'cancelled', 'expired')",
            name=op.f("ck_booking_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('confirmed', 'used', 'no_show') OR confirmed_at IS NOT NULL",
            name=op.f("ck_booking_confirmed_has_a_time"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_booking_runs_forward")),
        sa.CheckConstraint("persons > 0", name=op.f("ck_booking_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
        comment="空间预约",
    )
    op.create_index("ix_booking_booker", "booking", ["booker", "ends_at"], unique=False)
    op.create_index(
        "ix_booking_organisation_id", "booking", ["organisation_id", "ends_at"], unique=False
    )
    op.create_index("ix_booking_series_id", "booking", ["series_id", "id"], unique=False)
    op.create_index("ix_booking_space_id", "booking", ["space_id", "starts_at", "id"], unique=False)
    op.create_index("ix_booking_starts_at", "booking", ["starts_at", "id"], unique=False)
    op.create_index("ix_booking_venue_id", "booking", ["venue_id", "starts_at", "id"], unique=False)
    op.create_index(
        "ix_booking_waiting",
        "booking",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status IN ('held', 'pending')"),
    )
    op.create_table(
        "booking_series",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False, comment="载体"),
        sa.Column(
            "booker", sa.Text(), nullable=False, comment="预约人；居民为化名（用途 bookings）"
        ),
        sa.Column(
            "asked",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="所提出的内容，重试时据此比对",
        ),
        sa.Column(
            "skipped",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="未能预约的各次及原因",
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        sa.CheckConstraint(
            "jsonb_typeof(skipped) = 'array'", name=op.f("ck_booking_series_skipped_is_a_list")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_series")),
        comment="重复预约",
    )
    op.create_table(
        "space",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False, comment="所在载体"),
        sa.Column("code", sa.Text(), nullable=True, comment="外部编码，载体内唯一"),
        sa.Column("name", sa.Text(), nullable=False, comment="名称"),
        sa.Column("floor", sa.Text(), nullable=True, comment="楼层"),
        sa.Column("parts", sa.ARRAY(sa.Uuid()), nullable=False, comment="组成房间；空为不可分"),
        sa.Column("capacity", sa.Integer(), nullable=False, comment="可容纳人数"),
        sa.Column("floor_area_m2", sa.Double(), nullable=True, comment="面积，平方米"),
        sa.Column("equipment", sa.ARRAY(sa.Text()), nullable=False, comment="设备"),
        sa.Column("purposes", sa.ARRAY(sa.Text()), nullable=False, comment="允许的用途"),
        sa.Column(
            "hours",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="开放时间（原样）；空为按载体",
        ),
        sa.Column("is_approval_needed", sa.Boolean(), nullable=False, comment="是否须审批"),
        sa.Column("buffer_before_minutes", sa.Integer(), nullable=False, comment="之前预留分钟"),
        sa.Column("buffer_after_minutes", sa.Integer(), nullable=False, comment="之后预留分钟"),
        sa.Column("lead_minutes", sa.Integer(), nullable=False, comment="至少提前分钟"),
        sa.Column("ahead_days", sa.Integer(), nullable=False, comment="最多提前天数"),
        sa.Column("shortest_minutes", sa.Integer(), nullable=False, comment="最短时长，分钟"),
        sa.Column("longest_minutes", sa.Integer(), nullable=False, comment="最长时长，分钟"),
        sa.Column("status", sa.Text(), nullable=False, comment="状态：可预约、暂停、停用"),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag，每次修改加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="最近修改时间"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="建立人（令牌 subject）"),
        sa.Column("updated_by", sa.Text(), nullable=False, comment="最近修改人"),
        sa.CheckConstraint(
            "equipment <@ ARRAY['projector', 'screen', 'sound', 'microphone', 'whiteboard', 'video_call', 'stage', 'mirrors', 'piano', 'kitchen', 'tables', 'sports', 'children', 'hearing_loop']",
            name=op.f("ck_space_equipment"),
        ),
        sa.CheckConstraint(
            "purposes <@ ARRAY['service', 'activity', 'deliberation', 'administration', 'market'] AND cardinality(purposes) > 0",
            name=op.f("ck_space_purposes"),
        ),
        sa.CheckConstraint(
            "status IN ('active', 'suspended', 'closed')", name=op.f("ck_space_status")
        ),
        sa.CheckConstraint(
            "buffer_before_minutes >= 0 AND buffer_after_minutes >= 0 AND lead_minutes >= 0",
            name=op.f("ck_space_minutes_are_not_negative"),
        ),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_space_capacity")),
        sa.CheckConstraint("cardinality(parts) <> 1", name=op.f("ck_space_parts")),
        sa.CheckConstraint("floor_area_m2 > 0", name=op.f("ck_space_floor_area_m2")),
        sa.CheckConstraint(
            "shortest_minutes <= longest_minutes", name=op.f("ck_space_lengths_run_upwards")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_space")),
        sa.UniqueConstraint("venue_id", "code", name=op.f("uq_space_venue_id_code")),
        comment="可预约空间；可分隔的厅由多间组成",
    )
    op.create_index("ix_space_venue_id", "space", ["venue_id", "id"], unique=False)
    op.create_table(
        "space_occupancy",
        sa.Column("venue_id", sa.Uuid(), nullable=False, comment="载体"),
        sa.Column("holder_id", sa.Uuid(), nullable=False, comment="预约或停用的标识"),
        sa.Column("cell_id", sa.Uuid(), nullable=False, comment="不可再分的房间"),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False, comment="占用时段，含前后预留"),
        postgresql.ExcludeConstraint(
            (sa.column("venue_id"), "="),
            (sa.column("cell_id"), "="),
            (sa.column("during"), "&&"),
            using="gist",
            name="ex_space_occupancy_one_at_a_time",
        ),
        sa.CheckConstraint("NOT isempty(during)", name=op.f("ck_space_occupancy_takes_time")),
        sa.PrimaryKeyConstraint(
            "venue_id", "holder_id", "cell_id", name=op.f("pk_space_occupancy")
        ),
        comment="房间占用：预约或停用，同一房间不得重叠",
    )
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER keep_version AFTER UPDATE ON {table}"
            " REFERENCING OLD TABLE AS replaced NEW TABLE AS standing"
            " FOR EACH STATEMENT EXECUTE FUNCTION keep_version()"
        )


def downgrade() -> None:
    for table in ("space_occupancy", "space", "booking_series", "booking", "blackout"):
        op.drop_table(table)
