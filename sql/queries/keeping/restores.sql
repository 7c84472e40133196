-- name: list_strange_objects()
-- What stands in a database that is to be empty: tables, views and the schemas that are ours.
SELECT format('%s.%s', n.nspname, c.relname) AS name
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
  AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
UNION ALL
SELECT n.nspname FROM pg_namespace AS n
WHERE n.nspname IN ('pro', 'pro_meta', 'pro_restoring', 'simulator')
ORDER BY 1 LIMIT 5;

-- name: get_server_major()
-- The server's major version.
SELECT current_setting('server_version_num')::integer / 10000 AS major;

-- name: begin_audit_generation(why)
-- Whatever is written from now on is sealed in an order of its own: transactions of another cluster may have
-- lower numbers than those restored.
SELECT pro.begin_audit_generation($1) AS generation;
