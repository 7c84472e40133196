-- How many reminders a participant was sent today, and when the last: read at every decision, and
-- never by walking the texts of a whole line or study.
CREATE INDEX reminder_texts_of_participant ON pro.messages (study_id, participant_id, claimed_at)
    WHERE kind = 'reminder';
