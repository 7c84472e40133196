"""What binds the record: signatures of investigators, and locks."""

from pro_service.services.desk.signing.locking import (
    LiftWish,
    LockLook,
    LockRoom,
    lift,
    list_locks,
    lock,
    preview_lock,
    said_of,
)
from pro_service.services.desk.signing.signing import (
    MOST_TO_SIGN,
    Bound,
    SigningRefusedError,
    SigningRoom,
    SignWish,
    ToSign,
    count_to_sign,
    list_to_sign,
    look_at_signing,
    read_bound,
    sign,
)

__all__ = [
    "MOST_TO_SIGN",
    "Bound",
    "LiftWish",
    "LockLook",
    "LockRoom",
    "SignWish",
    "SigningRefusedError",
    "SigningRoom",
    "ToSign",
    "count_to_sign",
    "lift",
    "list_locks",
    "list_to_sign",
    "lock",
    "look_at_signing",
    "preview_lock",
    "read_bound",
    "said_of",
    "sign",
]
