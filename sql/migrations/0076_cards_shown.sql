-- Whoever sees a card can come in with it: every showing is recorded (rule R5, field case M1), and a sitting
-- begun soon after, where the card was shown, is marked.

-- Each time a card was shown at the desk, or printed or shown by a command. Insert-only. Study time, like
-- the sittings it is compared with.
CREATE TABLE pro.card_showings (
    study_id uuid NOT NULL,
    id uuid NOT NULL,
    participant_id uuid NOT NULL,
    card_id uuid NOT NULL,
    way text NOT NULL CHECK (way IN ('desk', 'command')),
    -- The network it was shown in, hashed; a command has none.
    source_sha256 bytea CHECK (length(source_sha256) = 32),
    recorded_at timestamptz NOT NULL DEFAULT pro.now(),
    actor text NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id),
    FOREIGN KEY (study_id, card_id) REFERENCES pro.cards (study_id, id),
    CHECK ((way = 'desk') = (source_sha256 IS NOT NULL))
);
CREATE INDEX showings_of_participant ON pro.card_showings (study_id, participant_id, recorded_at);
SELECT pro.audit_table('card_showings', updatable => false, columns => ARRAY['study_id', 'id',
    'participant_id', 'card_id', 'way', 'source_sha256', 'recorded_at', 'actor']);
ALTER TABLE pro.card_showings ENABLE ROW LEVEL SECURITY;
ALTER TABLE pro.card_showings FORCE ROW LEVEL SECURITY;
CREATE POLICY program ON pro.card_showings TO pro_owner, pro_operator USING (true) WITH CHECK (true);
CREATE POLICY desk ON pro.card_showings FOR SELECT TO pro_desk
    USING (pro.desk_may_see(study_id, participant_id, recorded_at));
CREATE POLICY desk_may_write ON pro.card_showings FOR INSERT TO pro_desk
    WITH CHECK (pro.desk_may_write(study_id, participant_id));
GRANT SELECT, INSERT ON pro.card_showings TO pro_operator, pro_desk;

-- When a card of the participant was last shown at the desk in this network, within the hour before now.
-- The pages' role reads nothing of the showings but this.
CREATE FUNCTION pro.card_shown_here(study uuid, participant uuid, source bytea) RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT max(k.recorded_at) FROM pro.card_showings AS k
    WHERE k.study_id = study AND k.participant_id = participant AND k.source_sha256 = source
      AND k.recorded_at > pro.now() - interval '1 hour'
$$;
REVOKE ALL ON FUNCTION pro.card_shown_here(uuid, uuid, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.card_shown_here(uuid, uuid, bytea) TO pro_participant, pro_provider;

ALTER TABLE pro.attempts ADD COLUMN card_shown_at timestamptz;
COMMENT ON COLUMN pro.attempts.card_shown_at IS
    'When a card was shown at the desk where the sitting began, within the hour before. Empty: none was.';
-- Whatever columns the table had before, and the new one.
SELECT pro.list_audited('attempts', (
    SELECT l.columns || ARRAY['card_shown_at'] FROM pro.audit_lists AS l
    WHERE l.table_name = 'attempts' ORDER BY l.version DESC LIMIT 1));

-- Whether the desk is open in a browser that shows the hash of a session's id: such a browser never writes
-- as a participant (field case M15). A demo's visitor is everybody in one browser.
CREATE FUNCTION pro.is_desk_open(session_sha256 bytea, idle interval, lifetime interval) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT pro.database_kind() IS DISTINCT FROM 'demo' AND EXISTS (
        SELECT FROM pro.staff_sessions AS n
        JOIN pro.people AS p ON p.id = n.person_id AND p.disabled_at IS NULL
        WHERE n.id_sha256 = session_sha256 AND n.ended_at IS NULL
          AND n.last_seen_at > clock_timestamp() - idle AND n.started_at > clock_timestamp() - lifetime)
$$;
REVOKE ALL ON FUNCTION pro.is_desk_open(bytea, interval, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pro.is_desk_open(bytea, interval, interval) TO pro_participant;
