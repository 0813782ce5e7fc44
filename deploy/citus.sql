-- Distribute the large tables over the nodes of a Citus cluster: optional. Checked on PostgreSQL 15 to 18.
--
--   CREATE EXTENSION citus;                      -- installed by the operator (AGPL), never shipped with Linli
--   python -m common.migrate registry            -- migrations run unchanged, before and after
--   psql -v ON_ERROR_STOP=1 -d registry -f deploy/citus.sql      -- the same file for each of the four databases
--
-- It may be repeated: what is distributed already is left alone, and what a database has not is skipped.
-- A table can be spread by a column only if each of its unique keys holds that column, and a foreign key may only
-- point at a table that is spread by the same value, or at a reference table. The file asks for nothing else;
-- tests/deploy/test_citus.py runs it against the migrated tables, with these rules in the place of Citus. On Citus
-- itself it has not been run.
--
-- Still on the coordinator, because a number for people must be unique across aggregates: need, referral
-- (and what hangs on a need), case_order, proposal, vote, tender, rating (one for a referral), and offering, venue,
-- organisation with their codes. So do the ratings themselves (provider_rating, grade, released_rating: one for a
-- provider, category and dimension, and few); what they are counted from is spread. Each waits for its key to become an aggregate of its own (a table number -> id,
-- spread by the number); until then the coordinator bears their writes, and replicas their reads.
-- mirrored stays in the feedback service, beside case_order: triggers tell there when what a case is routed by has changed.
-- audit_inbox and audit_entry stay too: a chain has one end. So does space_occupancy: a merge of venues takes their rooms'
-- hours along, and Citus lets nobody change the column that a table is spread by.

CREATE TEMPORARY TABLE linli_spread (name text, key text, beside text);

INSERT INTO linli_spread (name, key, beside) VALUES
  -- every service: what waits, what is published, what others publish, what must not happen twice
  ('feed_item', 'kind', NULL),
  ('feed_parked', 'kind', 'feed_item'),
  ('feed_outbox', 'record_id', NULL),
  ('feed_seen', 'record_id', 'feed_outbox'),
  ('mirrored', 'record_id', 'feed_outbox'),
  ('idempotency_key', 'key', NULL),
  ('request_nonce', 'nonce', NULL),
  -- registry: what records were
  ('record_key', 'record_id', 'feed_outbox'),
  ('record_seen', 'record_id', 'feed_outbox'),
  -- matching: places of an offering, and the runs of an allocation
  ('supply', 'offering_id', NULL),
  ('capacity', 'offering_id', 'supply'),
  ('allocation_run', 'id', NULL),
  ('allocation_choice', 'run_id', 'allocation_run'),
  ('allocation_file', 'run_id', 'allocation_run'),
  ('allocation_hold', 'run_id', 'allocation_run'),
  ('allocation_price', 'run_id', 'allocation_run'),
  -- procurement: what is known of a provider, and the few editions that it points at, a copy on each node
  ('rating_edition', NULL, NULL),
  ('evidence', 'provider_id', NULL),
  ('rating_group', 'provider_id', 'evidence');

DELETE FROM linli_spread WHERE name = 'mirrored' AND to_regclass('routing_edition') IS NOT NULL;

DO $$
DECLARE
  spread record;
BEGIN
  FOR spread IN
    SELECT s.name, s.key, s.beside
    FROM linli_spread s
    WHERE to_regclass(s.name) IS NOT NULL
      AND NOT EXISTS (SELECT FROM pg_dist_partition p WHERE p.logicalrelid = to_regclass(s.name))
    ORDER BY s.key IS NOT NULL, s.beside IS NOT NULL, s.name
  LOOP
    IF spread.key IS NULL THEN
      PERFORM create_reference_table(spread.name::regclass);
    ELSE
      PERFORM create_distributed_table(
        spread.name::regclass, spread.key, 'hash'::citus.distribution_type, coalesce(spread.beside, 'none')
      );
    END IF;
  END LOOP;
END
$$;

DROP TABLE linli_spread;
