-- A study closed: nobody is asked or written to any more, each site's record was handed over, and nobody is enrolled.
-- Insert-only. The hash is of the list of check sums of everything that was handed over.
CREATE TABLE pro.study_closings (
    study_id uuid NOT NULL REFERENCES pro.studies (id),
    id uuid NOT NULL,
    sums_sha256 text NOT NULL CHECK (sums_sha256 ~ '^[0-9a-f]{64}$'),
    participants integer NOT NULL CHECK (participants >= 0),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (study_id, id)
);
CREATE UNIQUE INDEX closed_once ON pro.study_closings (study_id);
SELECT pro.audit_table('study_closings', updatable => false, columns => ARRAY['study_id', 'id', 'sums_sha256',
    'participants', 'recorded_at', 'actor', 'reason']);
GRANT SELECT, INSERT ON pro.study_closings TO pro_operator;

CREATE FUNCTION pro.refuse_newcomers() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM new_rows AS n JOIN pro.study_closings AS c ON c.study_id = n.study_id) THEN
        RAISE EXCEPTION 'the study is closed: nobody is enrolled any more' USING ERRCODE = 'PR005';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER nobody_after_closing AFTER INSERT ON pro.participants REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pro.refuse_newcomers();

-- What hinders a study's closing beside safety follow-up: urgent alerts that are not closed, and texts nobody has read.
CREATE FUNCTION pro.what_is_open(study uuid) RETURNS TABLE (code text, what text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.code, 'alert' FROM pro.alerts AS x
    JOIN pro.participants AS p ON p.study_id = x.study_id AND p.id = x.participant_id
    WHERE x.study_id = study AND x.severity = 'urgent' AND x.acted_at IS NULL
    UNION
    SELECT coalesce(p.code, ''), 'text' FROM pro.inbounds AS i
    LEFT JOIN pro.participants AS p ON p.study_id = i.study_id AND p.id = i.participant_id
    WHERE i.study_id = study AND i.disposition = 'needs_reading' AND i.read_at IS NULL
      AND NOT EXISTS (SELECT FROM pro.standing_settlements AS s WHERE s.study_id = i.study_id AND s.inbound_id = i.id)
    ORDER BY 1, 2
$$;
REVOKE ALL ON FUNCTION pro.what_is_open(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.what_is_open(uuid) TO pro_operator;
