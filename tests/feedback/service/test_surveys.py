"""Surveys: how often a resident may be asked in a year, whoever asks."""

import httpx
from sqlalchemy import text

from common.crypto.keys import Keys
from tests.feedback.assessed import done
from tests.feedback.served import Sessions, rater_of, served

Header = dict[str, str]


async def test_surveys_ask_nobody_beyond_the_yearly_cap_nor_elsewhere(
    client: httpx.AsyncClient, sessions: Sessions, clerk: Header, other_street: Header, keys: Keys
) -> None:
    me, neighbour = rater_of(keys, "resident-1"), rater_of(keys, "resident-2")
    mine = [await served(sessions, me) for _ in range(3)]  # three invitations to rate
    theirs = await served(sessions, neighbour)
    wish = {"title": "年度问卷", "referral_ids": [str(each) for each in [*mine, theirs]]}

    outside = await done(client, other_street, "survey-contacts", **wish)
    first = await done(client, clerk, "survey-contacts", **wish)
    second = await done(client, clerk, "survey-contacts", **wish)

    assert outside["may_be_asked"] == []
    assert len(first["may_be_asked"]) == 2  # each resident once, however many services
    assert second["may_be_asked"] == [str(theirs)]
    assert (first["rule"], first["most"]) == ("survey.contacts", 4)
    async with sessions() as session:
        most = await session.scalar(text("SELECT max(contacts) FROM survey_contact"))
    assert most == 4
