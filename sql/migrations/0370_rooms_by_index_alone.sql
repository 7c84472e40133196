-- statement by statement
-- Alerts of a week, texts that warn, and visits to sign: what their rooms find them by stands in indexes whole, as what
-- Today's lists are found by does (0357).
DROP INDEX CONCURRENTLY IF EXISTS pro.alerts_by_day;
CREATE INDEX CONCURRENTLY alerts_by_day ON pro.alerts (study_id, raised_at)
    INCLUDE (id, participant_id, severity, acted_at, recorded_at);
DROP INDEX CONCURRENTLY IF EXISTS pro.alerts_raised;
DROP INDEX CONCURRENTLY IF EXISTS pro.warnings_by_day;
CREATE INDEX CONCURRENTLY warnings_by_day ON pro.inbounds (study_id, received_at)
    INCLUDE (id, participant_id, line_id, read_at, recorded_at) WHERE urgent;
DROP INDEX CONCURRENTLY IF EXISTS pro.texts_that_warn;
-- Visits that closed and are settled: one of them is signed, or waits for it. How many of all they are is counted, for the
-- planner would take them for a few and read them all at once.
DROP INDEX CONCURRENTLY IF EXISTS pro.visits_settled;
CREATE INDEX CONCURRENTLY visits_settled ON pro.visits (study_id, closes_at, participant_id)
    INCLUDE (id) WHERE superseded_at IS NULL AND NOT provisional AND (chosen_for = closes_at) IS TRUE;
CREATE STATISTICS IF NOT EXISTS pro.visits_chosen ON (chosen_for = closes_at) FROM pro.visits;
ANALYZE pro.visits;
