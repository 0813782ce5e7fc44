"""Which feeds the registry follows, and what each does here."""

from collections.abc import Sequence
from typing import Final

from common import following, notices, recounts
from common.app import Resources
from common.contracts.feeds import Kind
from common.following import Followed, mirror
from common.worker import Job

FOLLOWED: Final[Followed] = {
    Kind.GAP: (mirror,),
    Kind.PROVIDER_RATING: (mirror,),
    Kind.CALENDAR_NOTICE: (recounts.later, notices.follow),
}


def jobs(resources: Resources) -> Sequence[Job]:
    """One job a feed, as far as the addresses are known."""
    return following.jobs(resources.settings, resources.database.sessions, FOLLOWED)
