-- statement by statement
-- Texts that warn and are unread are found in an index whole, each minute: beside the index of all that warn (0370), which
-- stands whole too, one that leads to the table for each text was left aside, and all that ever warned was walked.
DROP INDEX CONCURRENTLY IF EXISTS pro.warnings_unread;
CREATE INDEX CONCURRENTLY warnings_unread ON pro.inbounds (study_id, received_at)
    INCLUDE (id, participant_id, line_id) WHERE urgent AND read_at IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS pro.urgent_texts_unread;
