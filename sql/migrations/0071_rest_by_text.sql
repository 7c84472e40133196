-- A participant may pause, and ask to be asked later, by text: the same rows as on their own page, written
-- with the text that said so.
GRANT INSERT ON pro.statuses, pro.preferences, pro.reminders TO pro_provider;
GRANT UPDATE (due_at) ON pro.reminders TO pro_provider;
