-- E-mail beside texts: a sender may be an address letters come from. What is sent from it is a message as any other.
ALTER TABLE pro.senders DROP CONSTRAINT senders_channel_check,
    ADD CONSTRAINT senders_channel_check CHECK (channel IN ('sms', 'email'));
-- The letter that proves an address goes out on the word of whoever enters it, from a command as from the desk.
GRANT INSERT ON pro.messages, pro.message_keys TO pro_operator;
GRANT SELECT ON pro.message_keys TO pro_operator;
