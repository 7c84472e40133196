-- statement by statement
-- What the desk's lists and bar are found by stands in indexes whole, so that a page reads what it tells of and not the
-- rows beside it: at 20,000 participants a filter read every page on which an outlook stands. Vacuum comes by sooner, for
-- a page of the table is left alone only once it knows that everybody sees its rows.
DROP INDEX CONCURRENTLY IF EXISTS pro.outlooks_by_begin;
CREATE INDEX CONCURRENTLY outlooks_by_begin ON pro.visit_outlooks (study_id, begins_at)
    INCLUDE (participant_id, visit_id, definition, closes_at, signs_before, signs_within, signs_after, helped)
    WHERE NOT settled;
DROP INDEX CONCURRENTLY IF EXISTS pro.outlooks_begun;
DROP INDEX CONCURRENTLY IF EXISTS pro.outlooks_by_visit;
CREATE INDEX CONCURRENTLY outlooks_by_visit ON pro.visit_outlooks (study_id, definition)
    INCLUDE (participant_id, begins_at, closes_at, signs_before, signs_within, signs_after);
DROP INDEX CONCURRENTLY IF EXISTS pro.outlooks_unsent;
CREATE INDEX CONCURRENTLY outlooks_unsent ON pro.visit_outlooks (study_id, begins_at)
    INCLUDE (participant_id, visit_id, closes_at, signs_within, signs_after)
    WHERE NOT settled AND signs_within & 192 <> 0;
DROP INDEX CONCURRENTLY IF EXISTS pro.outlooks_in_hand;
DROP INDEX CONCURRENTLY IF EXISTS pro.outlooks_by_closing;
CREATE INDEX CONCURRENTLY outlooks_by_closing ON pro.visit_outlooks (study_id, closes_at)
    INCLUDE (participant_id, visit_id, begins_at) WHERE NOT settled AND signs_within & 224 <> 0;
DROP INDEX CONCURRENTLY IF EXISTS pro.outlooks_owing_until;
DROP INDEX CONCURRENTLY IF EXISTS pro.outlooks_that_are_silent;
CREATE INDEX CONCURRENTLY outlooks_that_are_silent ON pro.participant_outlooks (study_id)
    INCLUDE (participant_id, silent, silent_since, heard_at) WHERE silent > 0;
DROP INDEX CONCURRENTLY IF EXISTS pro.outlooks_silent;
-- Who has answered nothing yet, among whom those are looked for who have not joined.
DROP INDEX CONCURRENTLY IF EXISTS pro.outlooks_unanswered;
CREATE INDEX CONCURRENTLY outlooks_unanswered ON pro.participant_outlooks (study_id, participant_id)
    WHERE signs & 707 = 0;
ALTER TABLE pro.visit_outlooks SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);
ALTER TABLE pro.participant_outlooks SET (autovacuum_vacuum_scale_factor = 0.05);

-- Who comes to the clinic: days of visits, by what they are of.
DROP INDEX CONCURRENTLY IF EXISTS pro.visits_by_day;
CREATE INDEX CONCURRENTLY visits_by_day ON pro.visits (study_id, definition, target_on)
    INCLUDE (id, participant_id, closes_at) WHERE superseded_at IS NULL AND attended_on IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS pro.visits_of_a_day;

-- What the bar of every page counts.
DROP INDEX CONCURRENTLY IF EXISTS pro.alerts_waiting;
CREATE INDEX CONCURRENTLY alerts_waiting ON pro.alerts (study_id)
    INCLUDE (id, participant_id, severity, seen_at, raised_at, recorded_at) WHERE acted_at IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS pro.alerts_to_close;
DROP INDEX CONCURRENTLY IF EXISTS pro.texts_waiting;
CREATE INDEX CONCURRENTLY texts_waiting ON pro.inbounds (study_id, received_at)
    INCLUDE (id, participant_id, line_id, urgent, recorded_at) WHERE disposition = 'needs_reading' AND read_at IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS pro.inbounds_to_read;
DROP INDEX CONCURRENTLY IF EXISTS pro.pushes_unreadable;
CREATE INDEX CONCURRENTLY pushes_unreadable ON pro.provider_pushes (study_id)
    WHERE body_sealed IS NOT NULL AND worked_at IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS pro.pushes_tried;
CREATE INDEX CONCURRENTLY pushes_tried ON pro.provider_pushes (study_id, tries) WHERE body_sealed IS NOT NULL;
