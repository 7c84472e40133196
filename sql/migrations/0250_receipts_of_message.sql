-- An export tells of each message what its provider said last; receipts were found by their own ids alone.
CREATE INDEX receipts_of_message ON pro.delivery_receipts (study_id, message_id, id);
