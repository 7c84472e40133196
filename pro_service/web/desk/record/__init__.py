"""The room of the record: the audit, and what is asked about data."""
