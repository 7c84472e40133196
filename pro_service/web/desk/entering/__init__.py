"""The room where answers told by telephone or on paper are typed in."""
