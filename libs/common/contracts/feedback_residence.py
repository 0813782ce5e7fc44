"""Words of verified homes 居住地核验: a code, two people at a desk, an area until a day."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from common.contracts.base import Input, Instant, Model
from common.contracts.shapes import AreaCode


class ResidenceBasis(StrEnum):
    """What was shown at the desk; the paper itself is not kept."""

    HOUSEHOLD_REGISTER = "household_register"  # 户口簿
    RESIDENCE_PERMIT = "residence_permit"  # 居住证
    PROPERTY = "property"  # 不动产权证
    LEASE = "lease"  # 经备案的租赁合同


class HomeProof(StrEnum):
    """By what a home counts as verified (rule `vote.residence`)."""

    TOKEN = "token"  # noqa: S105 - a word: 登录凭证所带的居住地
    DESK = "desk"  # 街镇柜台核验


class ResidenceCode(Model):
    """A code to be shown at the desk, told this once; it names nobody."""

    code: str
    expires_at: Instant


class ResidenceIn(Input):
    """What a clerk has seen: the code, the identity card, where the person lives."""

    code: str = Field(min_length=20, max_length=40, description="居民出示的核验码")
    # Its length is checked with the rest of it: a refusal by length would repeat the number.
    identity_number: str = Field(
        max_length=200,
        description="公民身份号码：只留带密钥的指纹，不保存 / kept as a keyed digest only",
    )
    area_code: AreaCode = Field(description="居住的居村，12 位 / the neighbourhood")
    basis: ResidenceBasis


class ResidenceEndIn(Input):
    """Why a verified home counts no more."""

    reason: str = Field(min_length=4, max_length=400)


class Residence(Model):
    """A verified home as the desk sees it: an area, no person."""

    id: UUID
    area_code: AreaCode
    basis: ResidenceBasis
    verified_by: str
    verified_at: Instant
    confirmed_by: str | None
    confirmed_at: Instant | None
    expires_on: date | None = Field(description="末日，含；复核后起算 / inclusive, once confirmed")
    ended_at: Instant | None
    end_reason: str | None
    version: int


class OwnHome(Model):
    """Where the resident may take part, and by what that is known."""

    area_code: AreaCode | None
    proof: HomeProof | None
    expires_on: date | None
    is_waiting: bool = Field(description="已登记，待另一人复核 / a second person is awaited")
