-- The call for another way to reach somebody (R25) ends with what it was made for: once somebody of theirs may be written
-- to who could not be when it was made. However that comes about (START by text or at the provider, an opt-out lifted by
-- staff, a number or an address proven, a consent given): so the rows themselves say it, and no statement has to.

-- End it for those of these who have a way now: what the domain's `reach` says of contacts, in the database.
CREATE FUNCTION pro.end_another_way(study uuid, people uuid[], by_actor text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE pro.call_tasks AS k SET closed_at = pro.now(), closed_by = by_actor, outcome = 'reached again'
    WHERE k.study_id = study AND k.participant_id = ANY (people) AND k.reason = 'another_way' AND k.closed_at IS NULL
      AND EXISTS (
          SELECT FROM pro.contact_points AS c
          CROSS JOIN LATERAL (SELECT o.messages, o.caregiver FROM pro.consents AS o
                              WHERE o.study_id = study AND o.participant_id = c.participant_id
                              ORDER BY o.id DESC LIMIT 1) AS agreed
          WHERE c.study_id = study AND c.participant_id = k.participant_id AND c.kind IN ('phone', 'email')
            AND c.valid_to IS NULL AND c.wrong_at IS NULL AND (NOT c.must_confirm OR c.verified_at IS NOT NULL)
            AND CASE WHEN c.whose = 'self' THEN agreed.messages ELSE c.may_be_texted AND agreed.caregiver END
            AND NOT (c.bad_at IS NOT NULL AND EXISTS (
                SELECT FROM pro.call_tasks AS b
                WHERE b.study_id = study AND b.participant_id = c.participant_id AND b.reason = 'bad_number'
                  AND b.closed_at IS NULL AND b.created_at <= c.bad_at))
            -- A STOP from somebody's telephone means their other addresses as well.
            AND NOT EXISTS (
                SELECT FROM pro.contact_points AS s
                JOIN pro.lines AS l ON l.study_id = study AND l.their_index = s.blind_index
                JOIN pro.opt_outs AS x ON x.study_id = study AND x.line_id = l.id AND x.ended_at IS NULL
                WHERE s.study_id = study AND s.participant_id = c.participant_id AND s.valid_to IS NULL
                  AND (s.id = c.id OR (s.whose = c.whose AND s.kind = 'phone'))))
$$;
REVOKE ALL ON FUNCTION pro.end_another_way(uuid, uuid[], text) FROM PUBLIC;

CREATE FUNCTION pro.texts_go_again() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pro.end_another_way(NEW.study_id, ARRAY(
        SELECT c.participant_id FROM pro.lines AS l
        JOIN pro.contact_points AS c ON c.study_id = l.study_id AND c.blind_index = l.their_index AND c.valid_to IS NULL
        WHERE l.study_id = NEW.study_id AND l.id = NEW.line_id), NEW.ended_by);
    RETURN NULL;
END
$$;
CREATE TRIGGER another_way_found AFTER UPDATE ON pro.opt_outs FOR EACH ROW
    WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION pro.texts_go_again();

CREATE FUNCTION pro.contact_works() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pro.end_another_way(NEW.study_id, ARRAY[NEW.participant_id],
        coalesce(NEW.verified_by, current_setting('pro.actor', true)));
    RETURN NULL;
END
$$;
CREATE TRIGGER another_way_found AFTER UPDATE ON pro.contact_points FOR EACH ROW
    WHEN ((OLD.verified_at IS NULL AND NEW.verified_at IS NOT NULL)
          OR (OLD.may_be_texted IS NOT TRUE AND NEW.may_be_texted))
    EXECUTE FUNCTION pro.contact_works();

CREATE FUNCTION pro.consent_given() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pro.end_another_way(g.study_id, ARRAY[g.participant_id], g.actor)
    FROM given AS g
    WHERE (g.messages OR g.caregiver)
      AND EXISTS (SELECT FROM pro.call_tasks AS k
                  WHERE k.study_id = g.study_id AND k.participant_id = g.participant_id
                    AND k.reason = 'another_way' AND k.closed_at IS NULL);
    RETURN NULL;
END
$$;
CREATE TRIGGER another_way_found AFTER INSERT ON pro.consents REFERENCING NEW TABLE AS given
    FOR EACH STATEMENT EXECUTE FUNCTION pro.consent_given();
REVOKE ALL ON FUNCTION pro.texts_go_again(), pro.contact_works(), pro.consent_given() FROM PUBLIC;
