-- name: get_next_seal(most)
-- What the next seal is over, so many entries about, if there is anything to seal.
SELECT n.id, n.sealed_at, n.generation, n.after_entry_id, n.first_xact_id::text AS first_xact_id,
       n.below_xact_id::text AS below_xact_id, n.entry_count, n.previous_sha256, n.sha256
FROM pro.next_seal($1) AS n;

-- name: record_seal(seal)
-- Store a signed seal if it is still the next; says whether it was.
SELECT pro.store_seal($1::jsonb) AS stored;

-- name: list_seals()
-- The seals, in order, with the signature of those that have one. One whose generation is gone is there, and its
-- signature is not true.
SELECT s.id, s.sealed_at, coalesce(s.format, 1) AS format, coalesce(s.generation, 1) AS generation,
       coalesce(g.after_entry_id, -1) AS after_entry_id, s.first_xact_id::text AS first_xact_id,
       s.below_xact_id::text AS below_xact_id,
       s.entry_count, s.previous_sha256, s.sha256, s.key_id, s.signature
FROM pro.audit_seals AS s
LEFT JOIN pro.audit_generations AS g ON g.generation = coalesce(s.generation, 1)
ORDER BY s.id;

-- name: get_newest_seal()
-- The last seal there is.
SELECT s.id, s.sealed_at, coalesce(s.format, 1) AS format, coalesce(s.generation, 1) AS generation,
       coalesce(g.after_entry_id, -1) AS after_entry_id, s.first_xact_id::text AS first_xact_id,
       s.below_xact_id::text AS below_xact_id,
       s.entry_count, s.previous_sha256, s.sha256, s.key_id, s.signature
FROM pro.audit_seals AS s
LEFT JOIN pro.audit_generations AS g ON g.generation = coalesce(s.generation, 1)
ORDER BY s.id DESC
LIMIT 1;

-- name: get_content_of_seal(seal)
-- What a seal is over, counted and hashed again from the entries that are there now.
SELECT c.entry_count, c.sha256
FROM pro.audit_seals AS s
CROSS JOIN pro.seal_content(
    coalesce(s.generation, 1), s.first_xact_id, s.below_xact_id, s.previous_sha256) AS c
WHERE s.id = $1;

-- name: list_deviations(seal, most)
-- Where a broken seal breaks: entries that are not what it noted of them.
SELECT d.entry_id, d.table_name, d.fault FROM pro.seal_deviations($1) AS d LIMIT $2;

-- name: list_entries_of_seal(seal)
-- The entries a seal covers, in its order: what stands there, and the hash the seal is over, which of an
-- entry whose words were moved is that of what stood there.
SELECT e.id, e.entry, e.digest, e.moved
FROM pro.audit_seals AS s
CROSS JOIN pro.sealed_hashes(coalesce(s.generation, 1), s.first_xact_id, s.below_xact_id) AS e
WHERE s.id = $1
ORDER BY e.xact_id, e.id;

-- name: get_extent()
-- How many seals and entries there are, and how many entries the seals say they cover.
SELECT (SELECT count(*) FROM pro.audit_seals) AS seals, (SELECT count(*) FROM pro.audit_entries) AS entries,
       (SELECT coalesce(sum(s.entry_count), 0)::bigint FROM pro.audit_seals AS s) AS sealed;

-- name: list_audited_tables()
-- The tables that are audited and still there, by name.
SELECT DISTINCT l.table_name FROM pro.audit_lists AS l
WHERE to_regclass(format('pro.%I', l.table_name)) IS NOT NULL
ORDER BY l.table_name;

-- name: list_row_faults(table_name, most)
-- Rows of an audited table that are not what the entry that last described them says.
SELECT f.entry_id, f.row_ids, f.fault FROM pro.row_faults($1) AS f LIMIT $2;

-- name: list_moved_faults(most)
-- Entries whose words were moved that are not what the move left.
SELECT f.entry_id, f.table_name, f.fault FROM pro.moved_faults() AS f LIMIT $1;
