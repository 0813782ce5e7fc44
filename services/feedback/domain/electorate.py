"""Who may propose, support and vote: residents whose home is verified.

Fail-closed: what cannot be shown is refused. A home is the 12-digit code of a neighbourhood, told
by the token or by a desk (`residence`); a card stands for one elector, a resident or a household.
"""

import secrets
from typing import Final

from common.auth.actor import Actor
from common.codes.credit import ALPHABET
from common.codes.division import Division
from common.contracts.feedback_votes import Credential
from common.errors import Forbidden, Invalid, Text
from common.rules import Rule

HOME_DIGITS: Final = 12
CARD_SIGNS: Final = 20  # 31^20: 99 bits, beyond guessing
CARD_GROUP: Final = 5


class HomeNotVerified(Forbidden):
    """Nobody has verified where the resident lives."""

    slug = "home-not-verified"
    title = Text("居住地未核验", "Home not verified")
    detail = Text(
        "没有核验过的居住地，不能参与。请登录后申请核验码（POST /v1/residence/code），持身份证与"
        "居住凭据到居住地街镇柜台核验，两人核验后即可参与；凭码的票决也可领取纸质选票。",
        "No home is verified. Sign in, ask for a code (POST /v1/residence/code) and bring it to "
        "the desk of the street with an identity card and a proof of the home. Where a vote goes "
        "by cards, it can be cast on paper too.",
    )


class NotInElectorate(Forbidden):
    """The resident lives elsewhere."""

    slug = "not-in-electorate"
    title = Text("不在参与范围", "Not in the electorate")
    detail = Text(
        "居住地 {home} 不在 {area} 范围内，不能参与。",
        "The home {home} does not lie in {area}: this resident may not take part.",
    )


class LoginTooWeak(Forbidden):
    """The sign-in does not know surely enough who votes about public money."""

    slug = "login-too-weak"
    title = Text("登录级别不足", "The sign-in is too weak")
    detail = Text(
        "当前登录级别为 {level}，投票须 {least} 级及以上（规则 {rule}）；请以更高级别重新登录，"
        "凭码的票决也可领取纸质选票。",
        "This sign-in is of level {level}; a vote asks for {least} (rule {rule}). Sign in again at"
        " a higher level; where a vote goes by cards, it can be cast on paper too.",
    )


class CardNeeded(Invalid):
    """The vote goes by cards; or it does not, and none is to be sent."""

    slug = "card-needed"
    title = Text("选票码有误", "Card")
    detail = Text(
        "凭码投票须填 card；凭居住地投票不填。",
        "`card` goes with votes by card, and only with them.",
    )


class UnknownCard(Forbidden):
    """No card of this vote has that code."""

    slug = "unknown-card"
    title = Text("选票码无效", "Unknown card")
    detail = Text(
        "本次票决没有发放过这个选票码，请核对后重试。",
        "No card of this vote has that code; check it and try again.",
    )


class CardReplaced(Forbidden):
    """The card was reported lost; another code has its number."""

    slug = "card-replaced"
    title = Text("选票码已挂失", "The card was replaced")
    detail = Text(
        "这个选票码已挂失补发，请使用补发的选票码。",
        "This card was reported lost and replaced: use the code that was issued in its place.",
    )


def is_home(area: str | None) -> bool:
    """Whether an area is as narrow as a home: the 12-digit code of a neighbourhood."""
    return area is not None and len(area) == HOME_DIGITS and area.isdigit()


def must_live_in(home: str, area_code: str) -> None:
    """Raises `NotInElectorate`."""
    if not home.startswith(Division.parse(area_code).short):
        raise NotInElectorate(home=home, area=area_code)


def check_level(actor: Actor, least: Rule) -> None:
    """Raises `LoginTooWeak`. Source: a policy of the platform (rule `vote.login_level`)."""
    if not least.admits(actor.level):
        raise LoginTooWeak(level=actor.level, least=least.number, rule=least.code)


def check_card(credential: Credential, card: str | None) -> None:
    """Raises `CardNeeded` unless a card comes exactly when one is needed."""
    if (credential is Credential.CARD) != (card is not None):
        raise CardNeeded


def new_card() -> str:
    """A code that cannot be guessed, in groups that people can copy."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(CARD_SIGNS))
    return "-".join(signs[at : at + CARD_GROUP] for at in range(0, CARD_SIGNS, CARD_GROUP))
