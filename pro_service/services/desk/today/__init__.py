"""What a member of staff must do now, what stands beside it, and the frame of every page.

Lists of work (`lists`), sittings begun and not sent (`begun`), the week that comes and what changed
(`week`), who owes a signature (`consents`), and what the bar of every page says (`frame`).
"""

from pro_service.services.desk.today.begun import Begun, BegunVisits
from pro_service.services.desk.today.consents import Owing, read_owing
from pro_service.services.desk.today.frame import list_operator_tasks, read_frame
from pro_service.services.desk.today.lists import (
    ALL_JUDGED,
    MOST_OF_A_LIST,
    ReadText,
    ToDo,
    count_to_do,
    list_sites,
    list_texts,
    list_to_do,
    open_body,
)
from pro_service.services.desk.today.week import Since, Week, read_protocols, read_since, read_week

__all__ = [
    "ALL_JUDGED",
    "MOST_OF_A_LIST",
    "Begun",
    "BegunVisits",
    "Owing",
    "ReadText",
    "Since",
    "ToDo",
    "Week",
    "count_to_do",
    "list_operator_tasks",
    "list_sites",
    "list_texts",
    "list_to_do",
    "open_body",
    "read_frame",
    "read_owing",
    "read_protocols",
    "read_since",
    "read_week",
]
