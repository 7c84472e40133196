"""Accounts of staff: own sessions and passwords, links, second factors, and who keeps them."""
