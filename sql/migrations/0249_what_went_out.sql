-- Of an export the record keeps which tables went out, as of when (study time), and the hash of the list of check sums
-- that went with them: with the files, whoever holds them can be told from whoever changed them.
ALTER TABLE pro.data_out
    ADD COLUMN tables text[],
    ADD COLUMN as_of timestamptz,
    ADD COLUMN content_sha256 text CHECK (content_sha256 ~ '^[0-9a-f]{64}$');
COMMENT ON COLUMN pro.data_out.content_sha256 IS 'SHA-256 of SHA256SUMS, and so of every byte; NULL: no export.';

SELECT pro.list_audited('data_out', ARRAY['study_id', 'id', 'what', 'narrowed_by', 'row_count', 'recorded_at', 'actor',
    'tables', 'as_of', 'content_sha256']);
