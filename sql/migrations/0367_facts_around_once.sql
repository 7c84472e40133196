-- What of a participant's facts their revision does not guard was said by the facts and again by what is read around
-- them (0307): one function for both, opened up by the planner.

CREATE FUNCTION pro.around_of(study uuid, participant uuid, at timestamptz, zone text)
    RETURNS TABLE (site json, contacts json)
    LANGUAGE sql STABLE AS $$
    SELECT (SELECT to_json(t) FROM pro.present_site(study, participant) AS t),
           coalesce((SELECT json_agg(c) FROM pro.contacts_of(study, participant,
               date_trunc('day', at AT TIME ZONE zone) AT TIME ZONE zone) AS c), '[]')
$$;

-- As before (0080, 0307), with it.
CREATE OR REPLACE FUNCTION pro.facts_of(study uuid, participant uuid, wanted uuid[], lean boolean)
    RETURNS TABLE (facts text)
    LANGUAGE sql STABLE AS $$
    SELECT json_build_object('study_id', s.study_id, 'id', s.id, 'code', s.code, 'revision', s.revision,
        'now', s.now, 'personal_code', s.personal_code, 'protocol_version_id', s.protocol_version_id,
        'language', s.language, 'zone', s.zone, 'channel', s.channel, 'nudge_at', s.nudge_at,
        'larger_text', s.larger_text, 'treated_knees', s.treated_knees,
        'site', around.site, 'contacts', around.contacts,
        'consent', (SELECT to_json(c) FROM pro.present_consent(study, participant) AS c),
        'statuses', coalesce((
            SELECT json_agg(json_build_object('status', x.status, 'effective_at', x.effective_at) ORDER BY x.id)
            FROM pro.statuses AS x WHERE x.study_id = study AND x.participant_id = participant), '[]'),
        'events', coalesce((SELECT json_agg(e ORDER BY e.id)
                            FROM pro.latest_events(study, participant) AS e), '[]'),
        'visits', coalesce(CASE WHEN lean
            THEN (SELECT t.visits FROM pro.visits_in_hand(study, participant, s.now, wanted) AS t)
            ELSE (SELECT t.visits FROM pro.visits_of(study, participant, s.now, wanted) AS t) END, '[]'),
        'data_key', (SELECT to_json(k) FROM pro.key_of_participant(study, participant) AS k),
        'last_reminder_text_at', (SELECT max(m.claimed_at) FROM pro.sent_reminder_texts AS m
                                  WHERE m.study_id = study AND m.participant_id = participant),
        'open_calls', coalesce(calls.open, '[]'), 'made_calls', coalesce(calls.made, '[]'),
        'closed_calls', coalesce(calls.closed, '[]'),
        'safety_ended_at', pro.safety_ended_at(study, participant),
        'alerts', coalesce((
            SELECT json_agg(x.assessment_id::text || ':' || x.rule) FROM pro.alerts AS x
            WHERE x.study_id = study AND x.participant_id = participant
              AND x.assessment_id IS NOT NULL), '[]'))::text
    FROM (SELECT p.*, rev.revision, pro.now() AS now FROM pro.present_participants AS p
          JOIN pro.participant_revisions AS rev ON rev.study_id = p.study_id AND rev.participant_id = p.id
          WHERE p.study_id = study AND p.id = participant OFFSET 0) AS s
    CROSS JOIN LATERAL pro.around_of(study, participant, s.now, s.zone) AS around
    CROSS JOIN LATERAL pro.call_keys(study, participant) AS calls
$$;

CREATE OR REPLACE FUNCTION pro.facts_around(study uuid, participant uuid)
    RETURNS TABLE (origin text, revision bigint, now timestamptz, around text)
    LANGUAGE sql STABLE AS $$
    SELECT pro.facts_origin(), s.revision, s.now,
           json_build_object('site', around.site, 'contacts', around.contacts)::text
    FROM (SELECT r.revision, p.zone, pro.now() AS now
          FROM pro.participant_revisions AS r
          JOIN pro.participants AS p ON p.study_id = r.study_id AND p.id = r.participant_id
          WHERE r.study_id = study AND r.participant_id = participant OFFSET 0) AS s
    CROSS JOIN LATERAL pro.around_of(study, participant, s.now, s.zone) AS around
$$;
