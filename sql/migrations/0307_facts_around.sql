-- What of a participant's facts their revision does not guard: study time, the site, and what happens on their numbers.
-- Whoever has the facts of that very revision in hand asks for this alone, instead of reading all of them anew.

-- Which rows these are: those of a server that has run on since, in the tables that were made once. After a restore, in a
-- copy put in its place, or on a server that took over, a revision may be the same and the facts others.
CREATE FUNCTION pro.facts_origin() RETURNS text
    LANGUAGE sql STABLE AS $$
    SELECT concat_ws(' ', pg_postmaster_start_time(), 'pro.participant_revisions'::regclass::oid,
                     (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()))
$$;

CREATE FUNCTION pro.facts_around(study uuid, participant uuid)
    RETURNS TABLE (origin text, revision bigint, now timestamptz, around text)
    LANGUAGE sql STABLE AS $$
    SELECT pro.facts_origin(), s.revision, s.now,
           json_build_object(
               'site', (SELECT to_json(t) FROM pro.present_site(study, participant) AS t),
               'contacts', coalesce((SELECT json_agg(c) FROM pro.contacts_of(study, participant,
                   date_trunc('day', s.now AT TIME ZONE s.zone) AT TIME ZONE s.zone) AS c), '[]'))::text
    FROM (SELECT r.revision, p.zone, pro.now() AS now
          FROM pro.participant_revisions AS r
          JOIN pro.participants AS p ON p.study_id = r.study_id AND p.id = r.participant_id
          WHERE r.study_id = study AND r.participant_id = participant OFFSET 0) AS s
$$;
