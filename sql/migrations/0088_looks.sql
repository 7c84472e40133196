-- What the minute jobs look at is what is due to be looked at, and not everything that is open: their cost
-- follows what happens, not how many take part or how long a study has lasted.

-- From which study time a participant is to be looked at again: for calls, and for visits that have closed.
-- A look says when time alone may change what it found. Whatever is written about a participant takes their
-- turn, and so resets both; who never was looked at is due.
ALTER TABLE pro.participant_revisions
    ADD COLUMN calls_at timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN closings_at timestamptz NOT NULL DEFAULT '-infinity';
CREATE INDEX calls_to_look_for ON pro.participant_revisions (calls_at);
CREATE INDEX closings_to_look_for ON pro.participant_revisions (closings_at);
GRANT UPDATE (calls_at, closings_at) ON pro.participant_revisions TO pro_worker;

CREATE FUNCTION pro.look_again() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.calls_at := '-infinity';
    NEW.closings_at := '-infinity';
    RETURN NEW;
END
$$;
-- Once between two looks: of several turns in a row only the first moves a date.
CREATE TRIGGER look_again BEFORE UPDATE OF revision ON pro.participant_revisions
    FOR EACH ROW WHEN (OLD.calls_at > '-infinity' OR OLD.closings_at > '-infinity')
    EXECUTE FUNCTION pro.look_again();

-- What is said outside a participant's turn and may want a call: that a text did not arrive, and that a call
-- about a visit is over. Rows are only ever added, so that nobody waits for anybody, and leave with the look.
CREATE TABLE pro.looks_asked (
    study_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    participant_id uuid NOT NULL,
    PRIMARY KEY (study_id, id),
    FOREIGN KEY (study_id, participant_id) REFERENCES pro.participants (study_id, id)
);
CREATE INDEX looks_asked_of_participant ON pro.looks_asked (study_id, participant_id);
GRANT SELECT, DELETE ON pro.looks_asked TO pro_worker;

CREATE FUNCTION pro.ask_for_look() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO pro.looks_asked (study_id, participant_id) VALUES (NEW.study_id, NEW.participant_id);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION pro.ask_for_look() FROM PUBLIC;
CREATE TRIGGER look_for_calls AFTER UPDATE OF state ON pro.messages
    FOR EACH ROW WHEN (NEW.state IN ('undelivered', 'failed') AND NEW.state <> OLD.state
                       AND NEW.participant_id IS NOT NULL)
    EXECUTE FUNCTION pro.ask_for_look();
CREATE TRIGGER look_for_calls AFTER UPDATE OF closed_at ON pro.call_tasks
    FOR EACH ROW WHEN (OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL
                       AND NEW.visit_id IS NOT NULL AND NEW.participant_id IS NOT NULL)
    EXECUTE FUNCTION pro.ask_for_look();

-- Calls that are open, by when they help no more: what has been closed is history.
CREATE INDEX calls_that_end ON pro.call_tasks (closes_at) WHERE closed_at IS NULL;

-- No query uses these any more: they answered what is open, and cost a place in a tree at every visit.
DROP INDEX pro.visits_open, pro.visits_to_choose, pro.safety_calls_closed;
