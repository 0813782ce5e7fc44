"""Which feeds the matching follows, and what each does here."""

from collections.abc import Sequence
from typing import Final

from common import following, notices, recounts
from common.app import Resources
from common.contracts.feeds import Kind
from common.following import Followed, mirror
from common.worker import Job
from matching.usecases import payers, places, rooms, supply

FOLLOWED: Final[Followed] = {
    Kind.AREA: (mirror,),
    Kind.ORGANISATION: (mirror,),
    Kind.VENUE: (mirror,),
    Kind.DICTIONARY_ENTRY: (mirror,),
    Kind.OFFERING: (mirror, supply.apply, places.heed),
    Kind.PLEDGE: (mirror,),
    Kind.DELIVERY_LIST: (mirror,),
    Kind.POPULATION: (mirror,),
    Kind.CONTRACT: (mirror, payers.heed),
    Kind.BOOKING: (rooms.heed,),
    Kind.CALENDAR_NOTICE: (recounts.later, notices.follow),
}


def jobs(resources: Resources) -> Sequence[Job]:
    """One job a feed, as far as the addresses are known."""
    return following.jobs(resources.settings, resources.database.sessions, FOLLOWED)
