"""/api/v1: what programs read and write, over the same use cases and permissions as the desk.

One table (`endpoints.ENDPOINTS`) says every address with its scope, what it takes and what it
answers. It is what is served, and what openapi.json is made of.
"""
