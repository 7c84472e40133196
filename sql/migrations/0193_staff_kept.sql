-- Administrators keep staff and sites at the desk: as the clerk, at the sites where they are administrators now
-- (pro.site_roles). By these policies nothing else is written, whatever the program says; the operator's commands
-- write the same tables by the same statements.

-- The sites of a study where whoever writes is an administrator.
CREATE FUNCTION pro.kept_site_ids(study uuid) RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(y.id), '{}')
    FROM unnest(string_to_array(nullif(current_setting('pro.site_roles', true), ''), ',')) AS r (pair)
    JOIN pro.sites AS y ON y.study_id = study AND y.id = split_part(r.pair, ':', 1)::uuid
    WHERE split_part(r.pair, ':', 2) = 'administrator'
$$;

-- Whether a role at a site is theirs to give and take; one of the whole study, if every site of it is theirs.
CREATE FUNCTION pro.keeps_staff(study uuid, site uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN site IS NOT NULL THEN site = ANY (k.sites)
                ELSE cardinality(k.sites) > 0
                     AND NOT EXISTS (SELECT FROM pro.sites AS y WHERE y.study_id = study AND y.id <> ALL (k.sites))
           END
    FROM (SELECT pro.kept_site_ids(study) AS sites) AS k
$$;

-- Whether a membership is theirs to end: no present role of it is at somebody else's site.
CREATE FUNCTION pro.keeps_member(study uuid, member uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT cardinality(pro.kept_site_ids(study)) > 0
       AND NOT EXISTS (SELECT FROM pro.present_roles AS r
                       WHERE r.study_id = study AND r.staff_id = member AND NOT pro.keeps_staff(study, r.site_id))
$$;

-- Whether a person's password and second factor are theirs to reset: who works elsewhere too would be signed in
-- there by them.
CREATE FUNCTION pro.keeps_person(person uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(bool_and(pro.keeps_member(m.study_id, m.staff_id)), false)
    FROM pro.present_staff AS m WHERE m.person_id = person
$$;

REVOKE ALL ON FUNCTION pro.kept_site_ids(uuid), pro.keeps_staff(uuid, uuid), pro.keeps_member(uuid, uuid),
    pro.keeps_person(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.kept_site_ids(uuid), pro.keeps_staff(uuid, uuid), pro.keeps_member(uuid, uuid),
    pro.keeps_person(uuid) TO pro_clerk;

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['people', 'staff', 'staff_assignments', 'staff_addresses', 'account_links',
        'account_link_ends', 'person_factors', 'person_factor_ends'] LOOP
        EXECUTE format('ALTER TABLE pro.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY granted_read ON pro.%I FOR SELECT USING (true)', guarded);
        EXECUTE format('CREATE POLICY program ON pro.%I TO pro_operator USING (true) WITH CHECK (true)', guarded);
    END LOOP;
END
$$;
CREATE POLICY kept ON pro.people FOR INSERT TO pro_clerk
    WITH CHECK (current_setting('pro.site_roles', true) ~ ':administrator(,|$)');
CREATE POLICY kept ON pro.staff FOR INSERT TO pro_clerk
    WITH CHECK (cardinality(pro.kept_site_ids(study_id)) > 0);
CREATE POLICY kept_till ON pro.staff FOR UPDATE TO pro_clerk
    USING (pro.keeps_member(study_id, id)) WITH CHECK (cardinality(pro.kept_site_ids(study_id)) > 0);
CREATE POLICY kept ON pro.staff_assignments FOR INSERT TO pro_clerk
    WITH CHECK (pro.keeps_staff(study_id, site_id));
CREATE POLICY kept_till ON pro.staff_assignments FOR UPDATE TO pro_clerk
    USING (pro.keeps_staff(study_id, site_id)) WITH CHECK (pro.keeps_staff(study_id, site_id));
CREATE POLICY kept ON pro.staff_addresses FOR INSERT TO pro_clerk
    WITH CHECK (pro.keeps_member(study_id, staff_id));
CREATE POLICY kept ON pro.account_links FOR INSERT TO pro_clerk WITH CHECK (pro.keeps_person(person_id));
CREATE POLICY kept ON pro.account_link_ends FOR INSERT TO pro_clerk
    WITH CHECK (pro.keeps_person((SELECT l.person_id FROM pro.account_links AS l WHERE l.id = link_id)));
CREATE POLICY kept ON pro.person_factor_ends FOR INSERT TO pro_clerk
    WITH CHECK (pro.keeps_person((SELECT f.person_id FROM pro.person_factors AS f WHERE f.id = factor_id)));

GRANT SELECT, INSERT ON pro.people, pro.staff, pro.staff_assignments, pro.account_links, pro.account_link_ends,
    pro.person_factor_ends TO pro_clerk;
GRANT INSERT, SELECT (id) ON pro.staff_addresses TO pro_clerk;
GRANT UPDATE (valid_to) ON pro.staff, pro.staff_assignments TO pro_clerk;
GRANT SELECT (id, person_id) ON pro.person_factors TO pro_clerk, pro_operator;
GRANT SELECT, INSERT ON pro.account_links, pro.account_link_ends, pro.person_factor_ends TO pro_operator;
GRANT SELECT ON pro.present_staff, pro.open_links TO pro_clerk;
GRANT SELECT ON pro.open_links TO pro_operator;
GRANT EXECUTE ON FUNCTION pro.people_named(text) TO pro_clerk;

-- The staff of a study as they are kept: everybody with a role at a site of whoever asks or in the whole study, or
-- without any. Whether they are theirs to reset and to end; what of their account is set.
CREATE FUNCTION pro.staff_kept(study uuid)
    RETURNS TABLE (person_id uuid, staff_id uuid, login text, name text, language text, stopped boolean,
                   ended boolean, kept boolean, resettable boolean, last_sign_in timestamptz, has_password boolean,
                   has_factor boolean, link_kind text, link_until timestamptz, roles jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH seen AS (
        SELECT s.id, s.person_id, s.login, s.valid_to,
               (SELECT coalesce(jsonb_agg(jsonb_build_object(
                           'id', a.id, 'role', a.role, 'site', y.code, 'kept', pro.keeps_staff(study, a.site_id))
                       ORDER BY y.code NULLS FIRST, a.role), '[]')
                FROM pro.staff_assignments AS a
                LEFT JOIN pro.sites AS y ON y.study_id = a.study_id AND y.id = a.site_id
                WHERE a.study_id = study AND a.staff_id = s.id AND a.valid_from <= pro.now()
                  AND (a.valid_to IS NULL OR a.valid_to > pro.now())) AS roles
        FROM pro.staff AS s
        WHERE s.study_id = study AND cardinality(pro.kept_site_ids(study)) > 0
    )
    SELECT p.id, s.id, s.login, p.name, p.language, p.disabled_at IS NOT NULL, s.valid_to IS NOT NULL,
           pro.keeps_member(study, s.id), pro.keeps_person(p.id),
           (SELECT max(e.happened_at) FROM pro.staff_events AS e
            WHERE e.person_id = p.id AND e.kind = 'signed_in'),
           pro.password_in_force(p.id) IS NOT NULL,
           EXISTS (SELECT FROM pro.present_factors AS f WHERE f.person_id = p.id),
           l.kind, l.expires_at, s.roles
    FROM seen AS s
    JOIN pro.people AS p ON p.id = s.person_id
    LEFT JOIN LATERAL (SELECT o.kind, o.expires_at FROM pro.open_links AS o
                       WHERE o.person_id = p.id AND o.expires_at > clock_timestamp()
                       ORDER BY o.id DESC LIMIT 1) AS l ON true
    WHERE s.roles = '[]' OR s.roles @> '[{"kept": true}]' OR s.roles @> '[{"site": null}]'
    ORDER BY s.valid_to IS NOT NULL, s.login
$$;

-- What somebody who leaves leaves open, counted: places in rotas, papers and calls begun and not sent, requests for
-- a correction nobody decided. Never about whom.
CREATE FUNCTION pro.staff_leaves_open(study uuid, member uuid)
    RETURNS TABLE (rotas bigint, entries bigint, corrections bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT (SELECT count(*) FROM pro.rota_entries AS e
            WHERE e.study_id = study AND member IN (e.staff_id, e.deputy_id)
              AND (e.last_on IS NULL OR e.last_on >= pro.now()::date)
              AND NOT EXISTS (SELECT FROM pro.rota_ends AS n WHERE n.study_id = study AND n.entry_id = e.id)),
           (SELECT count(*) FROM pro.attempts AS t
            JOIN pro.assessments AS a ON a.study_id = study AND a.id = t.assessment_id AND a.submitted_at IS NULL
            WHERE t.study_id = study AND t.actor = s.actor AND t.mode IN ('telephone', 'paper')
              AND t.submitted_at IS NULL),
           (SELECT count(*) FROM pro.corrections AS c
            WHERE c.study_id = study AND c.actor = s.actor
              AND NOT EXISTS (SELECT FROM pro.correction_decisions AS d
                              WHERE d.study_id = study AND d.correction_id = c.id))
    FROM (SELECT 'staff:' || x.login AS actor FROM pro.staff AS x WHERE x.study_id = study AND x.id = member) AS s
    WHERE cardinality(pro.kept_site_ids(study)) > 0
$$;

-- End the sessions somebody has in a study, or everywhere where they are theirs to reset; how many ended.
CREATE FUNCTION pro.end_kept_sessions(study uuid, person uuid, who text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ended integer;
BEGIN
    UPDATE pro.staff_sessions AS n SET ended_at = clock_timestamp(), end_reason = 'revoked'
    WHERE n.person_id = person AND n.ended_at IS NULL AND cardinality(pro.kept_site_ids(study)) > 0
      AND (n.study_id = study OR pro.keeps_person(person));
    GET DIAGNOSTICS ended = ROW_COUNT;
    INSERT INTO pro.staff_events (kind, person_id, study_id, actor)
    SELECT 'revoked', person, study, who WHERE cardinality(pro.kept_site_ids(study)) > 0;
    RETURN ended;
END
$$;
REVOKE ALL ON FUNCTION pro.staff_kept(uuid), pro.staff_leaves_open(uuid, uuid),
    pro.end_kept_sessions(uuid, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.staff_kept(uuid), pro.staff_leaves_open(uuid, uuid),
    pro.end_kept_sessions(uuid, uuid, text) TO pro_clerk;

-- What a site was called, and by which numbers it and help were reached, before each correction. New texts, pages and
-- cards say what holds; what was sent or printed says what held then.
CREATE TABLE pro.site_corrections (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    site_id uuid NOT NULL,
    name text NOT NULL,
    telephone text NOT NULL,
    emergency_number text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, site_id) REFERENCES pro.sites (study_id, id)
);
CREATE INDEX corrections_of_site ON pro.site_corrections (study_id, site_id, id);
SELECT pro.audit_table('site_corrections', updatable => false, columns => ARRAY['study_id', 'id', 'site_id', 'name',
    'telephone', 'emergency_number', 'recorded_at', 'actor', 'reason']);
ALTER TABLE pro.site_corrections ENABLE ROW LEVEL SECURITY;
CREATE POLICY granted_read ON pro.site_corrections FOR SELECT USING (true);
CREATE POLICY program ON pro.site_corrections TO pro_operator USING (true) WITH CHECK (true);
CREATE POLICY kept ON pro.site_corrections FOR INSERT TO pro_clerk WITH CHECK (pro.keeps_staff(study_id, site_id));
CREATE POLICY kept ON pro.sites FOR UPDATE TO pro_clerk
    USING (pro.keeps_staff(study_id, id)) WITH CHECK (pro.keeps_staff(study_id, id));
GRANT SELECT, INSERT ON pro.site_corrections TO pro_operator, pro_clerk;
GRANT UPDATE (name, telephone, emergency_number) ON pro.sites TO pro_operator, pro_clerk;
