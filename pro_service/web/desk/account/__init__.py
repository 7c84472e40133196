"""One's own account: the second step of signing in, links that set a password, `/desk/me`."""
