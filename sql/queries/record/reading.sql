-- name: find_audit_page(study_id, sought, most)
-- A page of entries of the audit, the newest first, whoever they are about; a row that is no hit says how far was
-- looked.
SELECT f.id, f.at, f.hit FROM pro.audit_page($1, $2::pro.audit_sought, $3, NULL, true) AS f;

-- name: find_audit_page_seen(study_id, sought, most, nobodys)
-- The same of the participants who are now at the sites of who looks, and of what is about nobody where they may see it.
SELECT f.id, f.at, f.hit FROM pro.desk_audit_page($1, $2::pro.audit_sought, $3, $4) AS f;

-- name: list_audit_told(study_id, entries, instants)
-- What entries say, a row for each row they tell of; no value of an answer.
SELECT t.id, t.at, t.table_name, t.operation, t.row_count, t.actor, t.mode, t.reason, t.code, t.answers, t.document,
       t.old, t.new, t.actor IN (SELECT pro.programs_of($1)) AS by_program
FROM pro.audit_told($1, $2::bigint[], $3::timestamptz[], NULL, true) AS t;

-- name: list_audit_told_seen(study_id, entries, instants, nobodys)
-- The same as it may be seen from the desk: a value of an answer only by who may see it.
SELECT t.id, t.at, t.table_name, t.operation, t.row_count, t.actor, t.mode, t.reason, t.code, t.answers, t.document,
       t.old, t.new, t.actor IN (SELECT pro.programs_of($1)) AS by_program
FROM pro.desk_audit_told($1, $2::bigint[], $3::timestamptz[], $4) AS t;

-- name: list_sign_ins(study_id, person, since, until, before, most)
-- Who signed in and out, was refused, or had a password or an account changed: members of the study, the latest first.
SELECT e.id, e.happened_at, e.kind, e.login, e.address, e.actor FROM pro.sign_ins_of($1, $2, $3, $4, $5, $6) AS e;

-- name: list_sign_ins_seen(study_id, person, since, until, before, most)
-- The same for the desk.
SELECT e.id, e.happened_at, e.kind, e.login, e.address, e.actor FROM pro.desk_sign_ins($1, $2, $3, $4, $5, $6) AS e;
