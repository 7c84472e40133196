-- Telling staff of an urgent alert (rule R10). Where somebody is told is sealed like a participant's number, under the
-- study's key. A notice is one telling of one person: what became of it is a row each, so that a notice whose fate is
-- unknown is told again and never lost. Alerts of one participant are one matter: the newest begins the steps anew, and
-- whoever takes one holds the next step back for the protocol's minutes for all that were raised until then.
CREATE TABLE pro.staff_addresses (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    staff_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind = 'email'),
    -- NULL: they are told there no more. The last row counts.
    address_sealed bytea,
    address_key text CHECK (address_key LIKE 'A256GCM:%'),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, staff_id) REFERENCES pro.staff (study_id, id),
    CHECK ((address_sealed IS NULL) = (address_key IS NULL))
);
CREATE INDEX addresses_of_staff ON pro.staff_addresses (study_id, staff_id, id);

CREATE TABLE pro.notices (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    alert_id uuid NOT NULL,
    site_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    -- When the steps of the protocol began: anew after each time it was taken, or all were told in vain.
    ladder_at timestamptz NOT NULL,
    step smallint NOT NULL CHECK (step >= 0),
    try smallint NOT NULL CHECK (try > 0),
    made_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, alert_id, ladder_at, step, staff_id, try),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, alert_id) REFERENCES pro.alerts (study_id, id),
    FOREIGN KEY (study_id, site_id) REFERENCES pro.sites (study_id, id),
    FOREIGN KEY (study_id, staff_id) REFERENCES pro.staff (study_id, id)
);

CREATE INDEX notices_of_participant ON pro.notices (study_id, participant_id, id);

CREATE TABLE pro.notice_steps (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    notice_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('claimed', 'sent', 'refused', 'ambiguous')),
    -- Machine time: a claim that is not followed soon is of unknown fate.
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, notice_id, state),
    FOREIGN KEY (study_id, notice_id) REFERENCES pro.notices (study_id, id)
);

CREATE TABLE pro.alert_takes (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    alert_id uuid NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT pro.now(),
    held_until timestamptz NOT NULL,
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, alert_id) REFERENCES pro.alerts (study_id, id),
    CHECK (held_until > taken_at)
);
CREATE INDEX takes_of_participant ON pro.alert_takes (study_id, participant_id, id);

SELECT pro.audit_table('staff_addresses', updatable => false, columns => ARRAY['study_id', 'id', 'staff_id', 'kind',
    'address_sealed', 'address_key', 'recorded_at', 'actor'], hashed => ARRAY['address_sealed']);
SELECT pro.audit_table('notices', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id', 'alert_id',
    'site_id', 'staff_id', 'ladder_at', 'step', 'try', 'made_at', 'actor']);
SELECT pro.audit_table('notice_steps', updatable => false, columns => ARRAY['study_id', 'id', 'notice_id', 'state',
    'recorded_at', 'actor']);
SELECT pro.audit_table('alert_takes', updatable => false, columns => ARRAY['study_id', 'id', 'participant_id',
    'alert_id', 'taken_at', 'held_until', 'actor']);

ALTER TABLE pro.alert_takes ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.alert_takes FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.alert_takes TO pro_owner, pro_worker, pro_operator USING (true) WITH CHECK (true);
CREATE POLICY desk ON pro.alert_takes FOR SELECT TO pro_desk
    USING (pro.desk_may_see(study_id, participant_id, taken_at));
CREATE POLICY clerk_reads ON pro.alert_takes FOR SELECT TO pro_clerk USING (true);
CREATE POLICY desk_may_make ON pro.alert_takes FOR INSERT TO pro_clerk
    WITH CHECK (pro.desk_may_write(study_id, participant_id));
GRANT SELECT ON pro.alert_takes TO pro_worker, pro_operator, pro_desk, pro_clerk;
GRANT INSERT ON pro.alert_takes TO pro_clerk;
GRANT SELECT ON pro.staff_addresses, pro.notices, pro.notice_steps TO pro_worker, pro_operator;
GRANT INSERT ON pro.staff_addresses TO pro_operator;
GRANT INSERT ON pro.notices, pro.notice_steps TO pro_worker;

-- Where the staff of a study are told now, in which language.
CREATE FUNCTION pro.staff_told_at(study uuid)
    RETURNS TABLE (staff_id uuid, id uuid, address_sealed bytea, address_key text, language text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.staff_id, a.id, a.address_sealed, a.address_key, p.language
    FROM (SELECT DISTINCT ON (s.staff_id) s.staff_id, s.id, s.address_sealed, s.address_key
          FROM pro.staff_addresses AS s WHERE s.study_id = study ORDER BY s.staff_id, s.id DESC) AS a
    JOIN pro.present_staff AS m ON m.study_id = study AND m.staff_id = a.staff_id
    JOIN pro.people AS p ON p.id = m.person_id AND p.disabled_at IS NULL
    WHERE a.address_sealed IS NOT NULL
$$;
REVOKE ALL ON FUNCTION pro.staff_told_at(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.staff_told_at(uuid) TO pro_worker, pro_operator;

-- Who was told of a participant's alerts last since one was raised, and when, for whoever sees it.
CREATE FUNCTION pro.last_told(study uuid, participant uuid, since timestamptz) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object('login', s.login, 'at', n.made_at)
    FROM pro.notices AS n
    JOIN pro.staff AS s ON s.study_id = n.study_id AND s.id = n.staff_id
    WHERE n.study_id = study AND n.participant_id = participant AND n.made_at >= since
      AND EXISTS (SELECT FROM pro.notice_steps AS c
                  WHERE c.study_id = n.study_id AND c.notice_id = n.id AND c.state = 'sent')
    ORDER BY n.id DESC LIMIT 1
$$;
REVOKE ALL ON FUNCTION pro.last_told(uuid, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.last_told(uuid, uuid, timestamptz) TO pro_desk;
