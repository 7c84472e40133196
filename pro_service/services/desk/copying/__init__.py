"""A participant's record as a copy that is read without the system, for whoever may see it."""

from pro_service.services.desk.copying.reading import (
    CopyFacts,
    CopyPools,
    find_place_of_staff,
    read_copy,
)

__all__ = ["CopyFacts", "CopyPools", "find_place_of_staff", "read_copy"]
