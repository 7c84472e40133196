-- Who answers on behalf of a participant is said with what that person is to the participant.
-- No sitting has had a proxy before this release, so every row there is meets it.
ALTER TABLE pro.attempts ADD CONSTRAINT relation_of_proxies CHECK (
    (respondent = 'proxy') = (respondent_relation IS NOT NULL)
    AND respondent_relation IN ('spouse', 'child', 'relative', 'carer', 'other'));
