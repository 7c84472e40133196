-- Licensed wording, and the rights of rescoring and export.

-- Of the installation, not of a study: what an instrument says is the same whoever asks. Insert-only;
-- the last pack of an instrument's version and language is in force.
CREATE TABLE pro.wording_packs (
    id uuid PRIMARY KEY,
    instrument text NOT NULL,
    instrument_version text NOT NULL,
    language text NOT NULL CHECK (language IN ('en', 'zh_CN')),
    licence text NOT NULL CHECK (licence <> ''),
    content_sha256 text NOT NULL CHECK (content_sha256 ~ '^[0-9a-f]{64}$'),
    document jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL
);
CREATE INDEX wording_in_force ON pro.wording_packs (instrument, instrument_version, language, id);

CREATE TRIGGER audit_insert AFTER INSERT ON pro.wording_packs
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION pro.audit_insert();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON pro.wording_packs
    FOR EACH ROW EXECUTE FUNCTION pro.refuse_change();

GRANT SELECT ON pro.wording_packs TO pro_participant, pro_provider, pro_worker, pro_operator, pro_desk;
GRANT INSERT ON pro.wording_packs TO pro_operator;

-- Rescoring adds further revisions of scores, and a query for a stored answer no rule can read.
GRANT INSERT ON pro.scores, pro.data_queries TO pro_operator;
