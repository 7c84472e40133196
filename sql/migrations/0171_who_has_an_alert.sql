-- Who has taken an alert and until when (rule R10): one rule for Today, the list of alerts and the participant's page.
-- Whoever takes one alert of a participant takes all that were raised until then.
CREATE FUNCTION pro.alert_held(study uuid, participant uuid, raised timestamptz)
    RETURNS TABLE (held_until timestamptz, actor text)
    LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT t.held_until, t.actor FROM pro.alert_takes AS t
    WHERE t.study_id = study AND t.participant_id = participant AND t.taken_at >= raised
      AND t.held_until > pro.now()
    ORDER BY t.id DESC LIMIT 1
$$;
