"""Words of sealed bids 密封响应文件: what goes in before the deadline, what is told afterwards."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.procurement_tenders import Digest, Measure, Money, Words

Hex32 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="32 字节，十六进制 / hex")]
LONGEST_CIPHERTEXT = 700_000  # Base64 signs: half a megabyte of content


class SealAlgorithm(StrEnum):
    """The two ciphers of the seal."""

    SM4_GCM = "sm4-gcm"
    AES_256_GCM = "aes-256-gcm"


class BidStatus(StrEnum):
    """OCDS bid status."""

    PENDING = "pending"
    VALID = "valid"
    DISQUALIFIED = "disqualified"
    WITHDRAWN = "withdrawn"


class BidOutcome(StrEnum):
    """What the opening found."""

    OPENED = "opened"
    NOT_REVEALED = "not_revealed"  # 未在窗口内解密：响应无效，记入履约与失信线索
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"  # 截止前由同一投标人替换


class BidIn(Input):
    """A sealed bid: no content, only what it will be held to."""

    ciphertext_digest: Digest
    key_commitment: Hex32 = Field(
        description="HMAC-SM3(密钥, 域|采购|投标人|算法|密文摘要) / see docs/sealed-bids.md"
    )
    algorithm: SealAlgorithm = SealAlgorithm.SM4_GCM


class RevealIn(Input):
    """The ciphertext and its key, in the reveal window."""

    ciphertext: str = Field(
        min_length=40, max_length=LONGEST_CIPHERTEXT, description="Base64：12 字节 IV、密文、标签"
    )
    key: Hex32


class BidContent(Input):
    """What a bid says, as sealed by the bidder: JSON in UTF-8."""

    price_fen: Money
    measures: dict[Annotated[str, Field(pattern=r"^[0-9]{1,2}$")], Measure] = Field(
        default_factory=dict, description="按评审因素序号的应答值 / offered values by criterion"
    )
    is_small_firm: bool = Field(False, description="中小企业声明：小微企业 / small or micro firm")
    is_medium_firm: bool = Field(False, description="中小企业声明：中型企业 / medium-sized firm")
    small_firm_share: Decimal = Field(
        Decimal(0),
        ge=0,
        le=1,
        description="联合体或分包中小微企业的份额 / share of small and micro firms",
    )
    medium_firm_share: Decimal = Field(
        Decimal(0), ge=0, le=1, description="另有中型企业的份额 / share of medium firms besides"
    )
    statement: str = Field("", max_length=20_000, pattern=r"^[^\x00]*$")  # PostgreSQL keeps no NUL
    attachments: list[Digest] = Field(default_factory=list, max_length=50)


class Receipt(Model):
    """What a bidder keeps: the commitments as they were taken, and when."""

    bid_id: UUID
    tender_id: UUID
    stage: int
    ciphertext_digest: str
    key_commitment: str
    algorithm: SealAlgorithm
    submitted_at: Instant
    replaces: UUID | None
    revealed_at: Instant | None
    withdrawn_at: Instant | None


class Proof(Model):
    """What a condition was found met by."""

    criterion: int
    attachment: str | None
    qualification_id: UUID | None


class Bid(Model):
    """A bid after the opening. With the key anybody can check the commitment."""

    id: UUID
    stage: int
    bidder_id: UUID
    status: BidStatus
    outcome: BidOutcome
    submitted_at: Instant
    revealed_at: Instant | None
    ciphertext_digest: str
    key_commitment: str
    key: str | None
    price_fen: Fen | None
    content: dict[str, Any] | None
    proofs: list[Proof] = Field(description="资格条件的证明，审查后 / after the check")
    disqualified_reason: str | None
    disqualified_rule: str | None
    low_rules: list[str] = Field(description="触发的异常低价规则 / rules that ask for a reason")
    low_due_at: Instant | None
    low_explanation: str | None
    low_is_accepted: bool | None


class OpeningRecord(Model):
    """The opening record 开标记录: every bid, also those that were not opened, and why."""

    tender_id: UUID
    stage: int
    opened_at: Instant
    tenderers: int
    outcome: Literal["opened", "unsuccessful"]
    rule: str = Field(description="最少供应商数依据的规则 / rule of the least number")
    bids: list[Bid]


class ProofIn(Input):
    """What proves that a bid meets a condition: a file of the bid, or what the file of its bidder
    holds as verified."""

    criterion: int = Field(ge=1, le=60, description="资格条件序号 / number of the condition")
    attachment: Digest | None = Field(None, description="响应所附文件 / among its attachments")
    qualification_id: UUID | None = Field(
        None, description="档案中已核验、截止日有效的资质 / verified, valid on the deadline's day"
    )


class ConformityIn(Input):
    """Whether a bid meets the conditions: each by its proof; a refusal names the condition."""

    conforms: bool
    proofs: list[ProofIn] = Field(
        default_factory=list, max_length=120, description="每项资格条件的证明 / of each condition"
    )
    criterion: int | None = Field(None, ge=1, description="未满足的资格条件序号")
    reason: str | None = Field(None, min_length=4, max_length=1000)


class ExplanationIn(Input):
    """A bidder's explanation of a low price."""

    text: Words


class ExplanationDecision(Input):
    """Whether the panel believes it."""

    is_accepted: bool
    reason: str = Field(min_length=4, max_length=1000)
