"""What each address of /api/v1 does: calls one use case, and puts what comes back into a model."""
