-- Who is told of an urgent matter (rule R10): the rota of a site. A week's shifts and exceptions by date, in the
-- site's own days and hours. An entry is never changed: it is ended, and another takes its place.
CREATE TABLE pro.rota_entries (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    site_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('shift', 'cover', 'leave', 'holiday')),
    -- Of a shift: Monday is 0.
    weekdays smallint[] NOT NULL CHECK (weekdays <@ ARRAY[0, 1, 2, 3, 4, 5, 6]::smallint[]),
    begins time,
    -- No later than `begins`: on the next day.
    ends time,
    -- Who is told, or of a leave who is away; and who is told in their stead.
    staff_id uuid,
    deputy_id uuid,
    first_on date NOT NULL,
    last_on date,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, site_id, id),
    FOREIGN KEY (study_id, site_id) REFERENCES pro.sites (study_id, id),
    FOREIGN KEY (study_id, staff_id) REFERENCES pro.staff (study_id, id),
    FOREIGN KEY (study_id, deputy_id) REFERENCES pro.staff (study_id, id),
    CHECK (last_on >= first_on),
    CHECK ((kind = 'shift') = (cardinality(weekdays) > 0)),
    CHECK ((kind IN ('shift', 'cover')) = (begins IS NOT NULL AND ends IS NOT NULL)),
    CHECK ((begins IS NULL) = (ends IS NULL)),
    CHECK ((kind = 'holiday') = (staff_id IS NULL)),
    CHECK (deputy_id IS NULL OR (kind IN ('shift', 'cover') AND deputy_id <> staff_id)),
    CHECK (last_on IS NOT NULL OR kind = 'shift')
);

CREATE TABLE pro.rota_ends (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    site_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    UNIQUE (study_id, entry_id),
    FOREIGN KEY (study_id, site_id, entry_id) REFERENCES pro.rota_entries (study_id, site_id, id)
);

SELECT pro.audit_table('rota_entries', updatable => false, columns => ARRAY['study_id', 'id', 'site_id', 'kind',
    'weekdays', 'begins', 'ends', 'staff_id', 'deputy_id', 'first_on', 'last_on', 'recorded_at', 'actor']);
SELECT pro.audit_table('rota_ends', updatable => false, columns => ARRAY['study_id', 'id', 'site_id', 'entry_id',
    'recorded_at', 'actor']);

DO $$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['rota_entries', 'rota_ends'] LOOP
        EXECUTE format('ALTER TABLE pro.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE pro.%I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY program ON pro.%I TO pro_owner, pro_worker, pro_operator '
            'USING (true) WITH CHECK (true)', guarded);
        EXECUTE format('CREATE POLICY desk ON pro.%I FOR SELECT TO pro_desk, pro_clerk '
            'USING (site_id = ANY (pro.visible_site_ids()))', guarded);
        EXECUTE format('CREATE POLICY desk_may_write ON pro.%I FOR INSERT TO pro_clerk '
            'WITH CHECK (site_id = ANY (pro.visible_site_ids()))', guarded);
        EXECUTE format('GRANT SELECT ON pro.%I TO pro_worker, pro_operator, pro_desk, pro_clerk', guarded);
        EXECUTE format('GRANT INSERT ON pro.%I TO pro_operator, pro_clerk', guarded);
    END LOOP;
END
$$;

-- Who works at a site now, with their roles there and those of the whole study,
-- which stand by themselves as well; and who stands in its rota and works
-- there no more, or was stopped, without any. Of the sites set for the transaction, and of every one where none is
-- (the worker, an operator).
CREATE FUNCTION pro.staff_at(study uuid, site uuid)
    RETURNS TABLE (staff_id uuid, login text, roles text[], wide_roles text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.id, s.login, coalesce(array_agg(DISTINCT r.role) FILTER (WHERE r.role IS NOT NULL), '{}'),
           coalesce(array_agg(DISTINCT r.role) FILTER (WHERE r.role IS NOT NULL AND r.site_id IS NULL), '{}')
    FROM pro.staff AS s
    LEFT JOIN (pro.present_staff AS m
               JOIN pro.people AS p ON p.id = m.person_id AND p.disabled_at IS NULL
               JOIN pro.present_roles AS r ON r.study_id = m.study_id AND r.staff_id = m.staff_id
                                          AND (r.site_id = site OR r.site_id IS NULL))
      ON m.study_id = s.study_id AND m.staff_id = s.id
    WHERE s.study_id = study
      AND (cardinality(pro.visible_site_ids()) = 0 OR site = ANY (pro.visible_site_ids()))
      AND (r.role IS NOT NULL
           OR EXISTS (SELECT FROM pro.rota_entries AS e
                      WHERE e.study_id = study AND e.site_id = site AND s.id IN (e.staff_id, e.deputy_id)))
    GROUP BY s.id, s.login
$$;
REVOKE ALL ON FUNCTION pro.staff_at(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.staff_at(uuid, uuid) TO pro_worker, pro_operator, pro_desk, pro_clerk;
