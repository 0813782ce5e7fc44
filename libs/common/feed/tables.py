"""Where the feed lives. Every key leads with what a distributed PostgreSQL can spread it by."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)

from common.db import platform

# A queue: rows live for milliseconds, so it is vacuumed by count and not by share.
outbox = Table(
    "feed_outbox",
    platform,
    Column("id", BigInteger, Identity(always=True), primary_key=True, comment="order of marking"),
    Column("record_id", Uuid, primary_key=True, comment="id of the changed record"),
    Column("kind", Text, nullable=False, comment="name of the feed"),
    Column(
        "marked_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=func.now(),
        comment="start of the writer's transaction",
    ),
    comment="changes that wait for their number; written in the transaction of the change",
    postgresql_with={
        "autovacuum_vacuum_scale_factor": "0",
        "autovacuum_vacuum_threshold": "5000",
    },
)

item = Table(
    "feed_item",
    platform,
    Column("kind", Text, primary_key=True, comment="name of the feed"),
    Column("record_id", Uuid, primary_key=True, comment="id of the record"),
    Column("change_number", BigInteger, nullable=False, comment="place in the feed, below 2^53"),
    Column(
        "first_number",
        BigInteger,
        comment="where it appeared, again after a deletion: tells inserts from updates",
    ),
    Column("state", Text, nullable=False, comment="updated or deleted"),
    Column("body", LargeBinary, nullable=False, comment="the RPDE item, rendered JSON in UTF-8"),
    Column("digest", LargeBinary, comment="BLAKE2b-128 of state and area; null when deleted"),
    Column("content_sm3", LargeBinary, comment="SM3 of the record's JSON; null when deleted"),
    Column(
        "summed_number",
        BigInteger,
        comment="the change whose SM3 that is; another one: written by an older release",
    ),
    Column("area_code", Text, comment="area of the present state; null: it lies in none"),
    Column(
        "former_areas",
        ARRAY(Text),
        nullable=False,
        server_default=text("'{}'"),
        comment="areas it lay in before: their readers are told that it left",
    ),
    Column("modified_at", DateTime(timezone=True), nullable=False, comment="when it was numbered"),
    UniqueConstraint("kind", "change_number"),
    CheckConstraint("state IN ('updated', 'deleted')", name="state"),
    CheckConstraint("change_number BETWEEN 1 AND 9007199254740990", name="change_number"),
    comment="each record once, at its latest change",
    postgresql_with={"autovacuum_vacuum_scale_factor": "0.05"},
)

Index(
    "ix_feed_item_tombstone",
    item.c.kind,
    item.c.change_number,
    postgresql_where=text("state = 'deleted'"),
)

# Empty but after an upgrade, while an older release still writes.
Index(
    "ix_feed_item_unsummed",
    item.c.kind,
    item.c.record_id,
    postgresql_where=text("state = 'updated' AND summed_number IS DISTINCT FROM change_number"),
)

head = Table(
    "feed_head",
    platform,
    Column("kind", Text, primary_key=True, comment="name of the feed"),
    Column("last_number", BigInteger, nullable=False, comment="newest change number"),
    Column(
        "purged_through",
        BigInteger,
        nullable=False,
        comment="no tombstone up to this number is kept; cursors before it may have missed one",
    ),
    Column("epoch", Text, nullable=False, comment="random; another one after a restore"),
    Column("fingerprint", Text, nullable=False, comment="which database this is, see feed/epoch"),
    Column("epoch_at", DateTime(timezone=True), nullable=False, comment="when the epoch began"),
    comment="one row a feed; locking it is the right to give numbers",
)

parked = Table(
    "feed_parked",
    platform,
    Column("kind", Text, primary_key=True, comment="name of the feed"),
    Column("record_id", Uuid, primary_key=True, comment="id of the record"),
    Column("fault", Text, nullable=False, comment="type and place of the error, never its words"),
    Column("attempts", Integer, nullable=False, comment="how often it was tried"),
    Column("first_at", DateTime(timezone=True), nullable=False, comment="first failure"),
    Column("retry_at", DateTime(timezone=True), nullable=False, comment="next attempt"),
    comment="records that cannot be rendered: tried again, and visible meanwhile",
)

cursor = Table(
    "feed_cursor",
    platform,
    Column("source", Text, primary_key=True, comment="service/kind that is followed"),
    Column("query", Text, nullable=False, comment="query of the next page; empty: the first page"),
    Column("position", BigInteger, nullable=False, comment="change number reached"),
    Column("generation", Integer, nullable=False, comment="which walk from zero this is"),
    Column(
        "is_sweeping",
        Boolean,
        nullable=False,
        comment="the walk replaces an earlier one; at its end the unseen is dropped",
    ),
    Column("moved_at", DateTime(timezone=True), nullable=False, comment="last step"),
    comment="how far this service has followed the feeds of others",
)

seen = Table(
    "feed_seen",
    platform,
    Column("source", Text, primary_key=True, comment="service/kind that is followed"),
    Column("record_id", Uuid, primary_key=True, comment="id of the record"),
    Column("generation", Integer, nullable=False, comment="the last walk that met it"),
    comment="what this service holds of others' records, for mark and sweep after a new start",
)
