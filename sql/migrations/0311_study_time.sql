-- What nearly every statement asks: study time, whether sending is held, who ended a safety follow-up. A function in SQL
-- that cannot be opened up is planned anew in each statement that calls it, which took several times as long as all
-- else it does; in plpgsql its plan is kept.

CREATE OR REPLACE FUNCTION pro.now() RETURNS timestamptz
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT now() + c.ahead FROM pro.study_clock AS c);
END
$$;

CREATE OR REPLACE FUNCTION pro.left_timeline() RETURNS integer
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT n.timeline FROM (SELECT t.timeline FROM pro.server_timelines AS t ORDER BY t.id DESC LIMIT 1) AS n
            WHERE n.timeline <> pro.server_timeline());
END
$$;

CREATE OR REPLACE FUNCTION pro.sending_is_held() RETURNS boolean
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM pro.sending_holds AS h WHERE h.released_at IS NULL) OR pro.left_timeline() IS NOT NULL;
END
$$;

CREATE OR REPLACE FUNCTION pro.safety_ended_at(study uuid, participant uuid) RETURNS timestamptz
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT max(e.ended_at) FROM pro.safety_ends AS e
            WHERE e.study_id = study AND e.participant_id = participant);
END
$$;
