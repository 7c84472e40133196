"""Staff and sites kept at the desk by administrators, who see nobody's record.

The same services as the commands `staff` and `site`; the database holds an administrator to the
sites where they are one.
"""

from pro_service.services.desk.keeping.links import (
    Handed,
    Invitation,
    invite,
    reset_password,
    reset_second_factor,
)
from pro_service.services.desk.keeping.sites import (
    KeptSender,
    KeptSites,
    correct,
    correct_address,
    read_corrections,
    read_senders,
    read_sites,
)
from pro_service.services.desk.keeping.staff import (
    ElsewhereTooError,
    OwnAccountError,
    RoleOpensError,
    SiteNotKeptError,
    end_member,
    end_role,
    give_role,
    read_person,
    read_staff,
)

__all__ = [
    "ElsewhereTooError",
    "Handed",
    "Invitation",
    "KeptSender",
    "KeptSites",
    "OwnAccountError",
    "RoleOpensError",
    "SiteNotKeptError",
    "correct",
    "correct_address",
    "end_member",
    "end_role",
    "give_role",
    "invite",
    "read_corrections",
    "read_person",
    "read_senders",
    "read_sites",
    "read_staff",
    "reset_password",
    "reset_second_factor",
]
