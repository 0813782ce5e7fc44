"""The SQL of the numbering step, prebuilt. Arrays go in whole: one statement a batch, not a row."""

from typing import Final

from sqlalchemy import ARRAY, BigInteger, LargeBinary, Text, Uuid, bindparam, text

_TEXTS, _IDS, _NUMBERS = ARRAY(Text), ARRAY(Uuid), ARRAY(BigInteger)

# The three statements of every step are handed to the driver as they are, for their place is the
# road of each record: `$1` stands for the first value.

# Marks of kinds that this release does not know wait for one that does. Parked records that are due
# ride along, under id 0, which no mark has.
TAKEN: Final = (
    "(SELECT id, kind, record_id FROM feed_outbox WHERE kind = ANY($1) ORDER BY id LIMIT $2)"
    " UNION ALL"
    "(SELECT 0, kind, record_id FROM feed_parked"
    " WHERE kind = ANY($1) AND retry_at <= now() ORDER BY retry_at LIMIT 20)"
    " ORDER BY id"
)

LOCKED: Final = (
    "SELECT kind, last_number,"
    " EXISTS (SELECT FROM feed_parked p WHERE p.kind = h.kind) AS has_parked"
    " FROM feed_head h WHERE kind = ANY($1) ORDER BY kind FOR UPDATE"
)

KNOWN: Final = (
    "SELECT i.kind, i.record_id, i.state, i.digest"
    " FROM unnest($1::text[], $2::uuid[]) AS n (kind, record_id)"
    " JOIN feed_item i ON i.kind = n.kind AND i.record_id = n.record_id"
)

# What is published, how far that moves the heads, which marks are done with: one round trip.
PUBLISHED: Final = (
    "WITH moved AS (UPDATE feed_head h SET last_number = n.last_number"
    "  FROM unnest($8::text[], $9::bigint[]) AS n (kind, last_number) WHERE h.kind = n.kind),"
    " done AS (DELETE FROM feed_outbox WHERE id = ANY($10))"
    " INSERT INTO feed_item AS i (kind, record_id, change_number, first_number, state, body,"
    " digest, content_sm3, summed_number, area_code, modified_at)"
    " SELECT n.kind, n.record_id, n.change_number, n.change_number,"
    "  CASE WHEN n.digest IS NULL THEN 'deleted' ELSE 'updated' END,"
    "  n.body, n.digest, n.sum, n.change_number, n.area_code, now()"
    " FROM unnest($1::text[], $2::uuid[], $3::bigint[], $4::bytea[], $5::bytea[], $6::bytea[],"
    "  $7::text[]) AS n (kind, record_id, change_number, body, digest, sum, area_code)"
    " ON CONFLICT (kind, record_id) DO UPDATE SET"
    "  change_number = excluded.change_number, state = excluded.state, body = excluded.body,"
    "  digest = excluded.digest, modified_at = excluded.modified_at,"
    "  content_sm3 = excluded.content_sm3, summed_number = excluded.summed_number,"
    "  area_code = excluded.area_code,"
    "  first_number = CASE WHEN i.state = 'deleted' THEN excluded.change_number"
    "   ELSE i.first_number END,"
    "  former_areas = CASE"
    "   WHEN i.area_code IS NULL OR i.area_code = ANY(i.former_areas) THEN i.former_areas"
    "   WHEN i.area_code = excluded.area_code THEN i.former_areas"
    "   ELSE i.former_areas || i.area_code END"
)

# What an older release wrote has no SM3 of its own; it gets one later, if it still stands then.
# In the order of `ix_feed_item_unsummed`: PostgreSQL takes nearly all items for such, and would
# read the whole feed to find that there is none.
UNSUMMED = text(
    "SELECT kind, record_id, change_number, body FROM feed_item"
    " WHERE state = 'updated' AND summed_number IS DISTINCT FROM change_number"
    " ORDER BY kind, record_id LIMIT :batch"
)
FIRST_UNSUMMED = text(
    "SELECT record_id FROM feed_item WHERE kind = :kind"
    " AND state = 'updated' AND summed_number IS DISTINCT FROM change_number"
    " ORDER BY kind, record_id LIMIT 1"
)
SUMMED = text(
    "UPDATE feed_item i SET content_sm3 = n.sum, summed_number = n.change_number"
    " FROM unnest(:kinds, :ids, :numbers, :sums) AS n (kind, record_id, change_number, sum)"
    " WHERE i.kind = n.kind AND i.record_id = n.record_id AND i.change_number = n.change_number"
).bindparams(
    bindparam("kinds", type_=_TEXTS),
    bindparam("ids", type_=_IDS),
    bindparam("numbers", type_=_NUMBERS),
    bindparam("sums", type_=ARRAY(LargeBinary)),
)

# Of a kind that tells another one's records: those that the other knows in a newer state. They
# come from the time before it, or from a release that did not know it.
BEHIND = text(
    "INSERT INTO feed_outbox (kind, record_id) SELECT :kind, s.record_id FROM feed_item s"
    " LEFT JOIN feed_item i ON i.kind = :kind AND i.record_id = s.record_id"
    " WHERE s.kind = :of AND (i.modified_at < s.modified_at"
    " OR i.record_id IS NULL AND s.state = 'updated')"
)

PARKED = text(
    "INSERT INTO feed_parked AS p (kind, record_id, fault, attempts, first_at, retry_at)"
    " SELECT :kind, n.record_id, n.fault, 1, now(), now() + interval '5 seconds'"
    " FROM unnest(:ids, :faults) AS n (record_id, fault)"
    " ON CONFLICT (kind, record_id) DO UPDATE SET fault = excluded.fault,"
    "  attempts = p.attempts + 1,"
    "  retry_at = now() +"
    "   least(interval '1 hour', interval '5 seconds' * 2 ^ least(p.attempts, 12))"
).bindparams(bindparam("ids", type_=_IDS), bindparam("faults", type_=_TEXTS))

RELEASED = text("DELETE FROM feed_parked WHERE kind = :kind AND record_id = ANY(:ids)").bindparams(
    bindparam("ids", type_=_IDS)
)

# Through the newest tombstone that is old enough: none is left at or below that number, so that
# one number says which cursors may have missed something.
OLD_TOMBSTONE = text(
    "SELECT max(change_number) FROM feed_item"
    " WHERE kind = :kind AND state = 'deleted' AND modified_at < :before"
)
PURGED = text(
    "DELETE FROM feed_item WHERE kind = :kind AND state = 'deleted' AND change_number <= :through"
)
PURGED_THROUGH = text(
    "UPDATE feed_head SET purged_through = :through"
    " WHERE kind = :kind AND purged_through < :through"
)
