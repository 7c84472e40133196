-- Signatures (21 CFR 11.50, 11.70): who signed what of a participant's record, under which printed name, when, and what it
-- meant. What was signed is named by SHA-256 over a numbered format (services/record/README.md), made of the record as
-- it stood at signed_at. Whether it still stands is never stored: it is computed again.
CREATE TABLE pro.signatures (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    -- Empty: of every visit that had closed by then.
    visit_id uuid,
    format integer NOT NULL CHECK (format > 0),
    content_sha256 text NOT NULL CHECK (content_sha256 ~ '^[0-9a-f]{64}$'),
    meaning text NOT NULL CHECK (meaning <> ''),
    printed_name text NOT NULL CHECK (printed_name <> ''),
    signed_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, visit_id) REFERENCES pro.visits (study_id, id)
);
COMMENT ON COLUMN pro.signatures.signed_at IS 'Study time: the record as it stood then is what was signed.';
COMMENT ON COLUMN pro.signatures.meaning IS 'A word of the list whoever signed chose from.';
CREATE INDEX signatures_of_participant ON pro.signatures (study_id, participant_id, id);

ALTER TABLE pro.signatures ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.signatures FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.signatures TO pro_owner, pro_operator USING (true);
CREATE POLICY clerk_reads ON pro.signatures FOR SELECT TO pro_clerk USING (true);
CREATE POLICY desk ON pro.signatures FOR SELECT TO pro_desk
    USING (pro.desk_may_see(study_id, participant_id, recorded_at));
CREATE POLICY desk_may_write ON pro.signatures FOR INSERT TO pro_clerk
    WITH CHECK (pro.desk_may_write(study_id, participant_id));
GRANT SELECT ON pro.signatures TO pro_operator, pro_clerk, pro_desk;
GRANT INSERT ON pro.signatures TO pro_clerk;
SELECT pro.audit_table('signatures', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'visit_id', 'format', 'content_sha256', 'meaning', 'printed_name', 'signed_at', 'recorded_at', 'actor']);

-- Visits that closed, are settled and asked something, of which no signature was made since, and about which no request
-- for a correction waits: those of participants who are now at some of the sites seen from here.
CREATE FUNCTION pro.desk_visits_to_sign(study uuid, sites uuid[])
    RETURNS TABLE (participant_id uuid, code text, site_id uuid, visit_id uuid, closes_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    -- Set by set: a site has thousands of visits, and looking each up would touch tens of thousands of pages.
    WITH here AS MATERIALIZED (
        SELECT p.id, p.code, ps.site_id FROM pro.participant_sites AS ps
        JOIN pro.participants AS p ON p.study_id = ps.study_id AND p.id = ps.participant_id
        WHERE ps.study_id = study AND ps.valid_to IS NULL AND ps.site_id = ANY (sites)
          AND ps.site_id = ANY (pro.visible_site_ids())
    ),
    asked AS MATERIALIZED (
        SELECT DISTINCT a.visit_id FROM here AS h
        JOIN pro.assessments AS a ON a.study_id = study AND a.participant_id = h.id
    ),
    signed AS MATERIALIZED (
        SELECT s.participant_id, s.visit_id, max(s.signed_at) AS signed_at FROM here AS h
        JOIN pro.signatures AS s ON s.study_id = study AND s.participant_id = h.id
        GROUP BY s.participant_id, s.visit_id
    ),
    questioned AS MATERIALIZED (
        SELECT a.visit_id FROM here AS h
        JOIN pro.corrections AS c ON c.study_id = study AND c.participant_id = h.id
        JOIN pro.assessments AS a ON a.study_id = study AND a.id = c.assessment_id
        WHERE NOT EXISTS (SELECT FROM pro.correction_decisions AS d
                          WHERE d.study_id = study AND d.correction_id = c.id)
    )
    SELECT h.id, h.code, h.site_id, v.id, v.closes_at
    FROM here AS h
    JOIN pro.visits AS v ON v.study_id = study AND v.participant_id = h.id
    WHERE v.superseded_at IS NULL AND NOT v.provisional AND v.closes_at <= (SELECT pro.now())
      AND v.chosen_for = v.closes_at AND v.id IN (SELECT k.visit_id FROM asked AS k)
      AND v.id NOT IN (SELECT q.visit_id FROM questioned AS q)
      AND NOT EXISTS (SELECT FROM signed AS s WHERE s.visit_id = v.id AND s.signed_at >= v.closes_at)
      AND NOT EXISTS (SELECT FROM signed AS s
                      WHERE s.participant_id = h.id AND s.visit_id IS NULL AND s.signed_at >= v.closes_at)
$$;
REVOKE ALL ON FUNCTION pro.desk_visits_to_sign(uuid, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.desk_visits_to_sign(uuid, uuid[]) TO pro_desk;

-- What was signed is computed as the clerk, from whole facts: the versions of the protocol that were followed are some.
CREATE POLICY clerk_reads ON pro.participant_protocols FOR SELECT TO pro_clerk USING (true);
