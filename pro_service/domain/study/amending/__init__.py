"""A protocol over the years: versions stored by older releases, and moving from one to another."""
