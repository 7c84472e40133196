-- name: list_all_studies()
-- Every study of the database.
SELECT s.id, s.code FROM pro.studies AS s ORDER BY s.code;

-- name: forget_refusals()
-- Let this transaction pass by triggers and foreign keys: a superuser's alone, in a copy.
SELECT set_config('session_replication_role', 'replica', true) AS role;

-- name: keep_only_studies(studies)
-- Take out what belongs to other studies, and the seals, which were over it too; how many people who stay must set
-- their second factor up again.
SELECT pro.keep_only_studies($1::uuid[]) AS without_factor;
