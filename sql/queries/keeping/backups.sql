-- name: export_snapshot()
-- The name under which another connection reads what this transaction reads.
SELECT pg_export_snapshot() AS snapshot;

-- name: get_origin()
-- What a backup is taken from, at which instant by both clocks, and how far its audit is sealed.
SELECT clock_timestamp() AS made_at, pro.now() AS study_at, pro.database_kind() AS kind,
       current_setting('server_version_num')::integer / 10000 AS server_major,
       (SELECT array_agg(m.series || '/' || m.name ORDER BY m.series, m.version)
        FROM pro_meta.schema_migrations AS m) AS migrations,
       (SELECT encode(s.sha256, 'hex') FROM pro.audit_seals AS s ORDER BY s.id DESC LIMIT 1) AS audit_head;

-- name: list_schemas()
-- The schemas that are ours.
SELECT n.nspname::text AS name FROM pg_namespace AS n WHERE n.nspowner = 'pro_owner'::regrole ORDER BY 1;

-- name: list_tables()
-- The tables that hold rows, in every schema of ours.
SELECT n.nspname::text AS schema_name, c.relname::text AS table_name
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspowner = 'pro_owner'::regrole
ORDER BY 1, 2;

-- name: digest_table(schema_name, table_name)
-- How many rows a table holds, and a digest of them that does not depend on their order.
SELECT row_count, digest FROM pro.digest_of_table($1, $2);

-- name: list_hidden_tables()
-- Tables whose rules of rows could hide some from the owner, who makes backups.
SELECT pro.tables_hidden_from_owner() AS name;
