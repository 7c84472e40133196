-- A program takes exports over the API only by a key an administrator allowed it for: they prove who they are and say why
-- when the key is made, for a program can prove nothing anew. The key without it is refused here.
ALTER TABLE pro.api_keys
    ADD COLUMN allowed_by text CHECK (allowed_by <> ''),
    ADD COLUMN reason text CHECK (reason <> ''),
    ADD CONSTRAINT allowed_with_a_reason CHECK ((allowed_by IS NULL) = (reason IS NULL)),
    ADD CONSTRAINT exports_are_allowed CHECK (NOT 'exports' = ANY (scopes) OR allowed_by IS NOT NULL);
COMMENT ON COLUMN pro.api_keys.allowed_by IS 'The administrator who allowed exports, as the record names them.';
SELECT pro.list_audited('api_keys', ARRAY['study_id', 'id', 'staff_id', 'key_sha256', 'scopes', 'per_minute', 'expires_at',
    'recorded_at', 'actor', 'allowed_by', 'reason']);

-- What a program asks for is asked for once, whatever is sent again.
ALTER TABLE pro.export_jobs ADD COLUMN asked_key text CHECK (asked_key <> '');
CREATE UNIQUE INDEX asked_once ON pro.export_jobs (study_id, actor, asked_key) WHERE asked_key IS NOT NULL;
COMMENT ON COLUMN pro.export_jobs.asked_key IS 'The key a program sent it under; NULL: it was asked for at the desk.';
SELECT pro.list_audited('export_jobs', ARRAY['study_id', 'id', 'tables', 'formats', 'as_of', 'cut', 'recorded_at', 'actor',
    'asked_key']);
