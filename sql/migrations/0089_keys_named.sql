-- Which keys stored values name is asked by every command at its start and once a minute by every process: it is
-- read from the indexes, one step a key, however many values there are.
CREATE INDEX data_keys_by_key ON pro.data_keys (wrapping_key);
CREATE INDEX contact_points_by_key ON pro.contact_points (index_key) WHERE kind = 'phone';
CREATE INDEX invitations_by_key ON pro.invitations (link_key);
CREATE INDEX cards_by_key ON pro.cards (link_key);
