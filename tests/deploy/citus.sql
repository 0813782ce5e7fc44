-- What Citus asks of a table that is to be spread, in the place of Citus: it refuses, and spreads nothing.

CREATE SCHEMA citus;
CREATE TYPE citus.distribution_type AS ENUM ('hash', 'range', 'append');
CREATE TABLE pg_dist_partition (logicalrelid regclass PRIMARY KEY, key text, beside text NOT NULL);

-- A copy on each node: it has no key, anybody may point at it, and it points at such tables only.
CREATE FUNCTION create_reference_table(name regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  odd text;
BEGIN
  SELECT string_agg(f.conname, ', ') INTO odd FROM pg_constraint f
  WHERE f.conrelid = name AND f.contype = 'f' AND NOT EXISTS (
    SELECT FROM pg_dist_partition p WHERE p.logicalrelid = f.confrelid AND p.key IS NULL
  );
  IF odd IS NOT NULL THEN
    RAISE EXCEPTION 'foreign keys of % leave its copies: %', name, odd;
  END IF;
  IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = name AND NOT tgisinternal) THEN
    RAISE EXCEPTION '% has triggers', name;
  END IF;
  INSERT INTO pg_dist_partition VALUES (name, NULL, 'none');
END
$$;

CREATE FUNCTION create_distributed_table(
  name regclass, key text, kind citus.distribution_type, colocate_with text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  number smallint;
  odd text;
BEGIN
  SELECT attnum INTO number FROM pg_attribute WHERE attrelid = name AND attname = key AND NOT attisdropped;
  IF number IS NULL THEN
    RAISE EXCEPTION '% has no column %', name, key;
  END IF;
  SELECT string_agg(indexrelid::regclass::text, ', ') INTO odd FROM pg_index
  WHERE indrelid = name AND (indisunique OR indisexclusion) AND number <> ALL (indkey::smallint[]);
  IF odd IS NOT NULL THEN
    RAISE EXCEPTION 'unique keys of % without %: %', name, key, odd;
  END IF;
  SELECT string_agg(f.conname, ', ') INTO odd
  FROM pg_constraint f
  LEFT JOIN pg_dist_partition p ON p.logicalrelid = f.confrelid
  WHERE f.conrelid = name AND f.contype = 'f' AND NOT (p.logicalrelid IS NOT NULL AND p.key IS NULL)
  AND NOT EXISTS (
    SELECT FROM unnest(f.conkey, f.confkey) AS pair (own, other)
    JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = pair.other
    WHERE pair.own = number AND a.attname = p.key AND f.confrelid::regclass::text = colocate_with
  );
  IF odd IS NOT NULL THEN
    RAISE EXCEPTION 'foreign keys of % leave its node: %', name, odd;
  END IF;
  SELECT string_agg(conname, ', ') INTO odd FROM pg_constraint
  WHERE confrelid = name AND contype = 'f' AND conrelid <> name
    AND conrelid::regclass::text NOT IN (SELECT l.name FROM linli_spread l);
  IF odd IS NOT NULL THEN
    RAISE EXCEPTION 'tables that stay point at %: %', name, odd;
  END IF;
  IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = name AND NOT tgisinternal) THEN
    RAISE EXCEPTION '% has triggers', name;
  END IF;
  INSERT INTO pg_dist_partition VALUES (name, key, colocate_with);
END
$$;
