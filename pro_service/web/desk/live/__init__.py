"""Pages that show what is new by themselves: the stream they listen to, and what they may do."""
