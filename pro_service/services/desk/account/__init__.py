"""One's own account at the desk: sessions, password, second factor, proving anew who one is."""
