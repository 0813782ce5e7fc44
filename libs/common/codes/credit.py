"""Unified social credit code 统一社会信用代码: 18 characters, the last one computed."""

from typing import Final

from common.codes.wrong import WrongCode
from common.errors import Text

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I, O, S, V, Z
_RANK: Final = {character: rank for rank, character in enumerate(ALPHABET)}
_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(17))


class WrongCreditCode(WrongCode):
    """A code that no registration authority can have given."""

    slug = "wrong-credit-code"
    title = Text("统一社会信用代码有误", "Wrong unified social credit code")


def check_credit_code(code: str) -> str:
    """The code itself, when its length, alphabet, place and check character are right.

    Codes that begin with a letter are codes: N1–N3 are rural collectives, A1 the forces.

    Source: GB 32100-2015, 4 and annex A: weights 3^i mod 31, check (31 - sum mod 31) mod 31.
    """
    if len(code) != 18:
        raise WrongCreditCode(
            Text(
                f"统一社会信用代码应为 18 位，现为 {len(code)} 位。",
                f"A credit code has 18 characters, this one has {len(code)}.",
            )
        )
    strange = sorted(set(code) - set(ALPHABET))
    if strange:
        raise WrongCreditCode(_strange("".join(strange)))
    if not code[2:8].isdecimal():
        raise WrongCreditCode(
            Text(
                f"第 3 至 8 位应为 6 位行政区划数字，现为 {code[2:8]}。",
                f"Characters 3 to 8 are the six digits of a division, not {code[2:8]}.",
            )
        )
    right = credit_check_character(code[:17])
    if code[17] != right:
        raise WrongCreditCode(
            Text(
                f"校验位不符：末位为 {code[17]}，按前 17 位应为 {right}；请核对是否录错。",
                f"The check character is {code[17]}, the first 17 give {right}; look for a typo.",
            )
        )
    return code


def credit_check_character(body: str) -> str:
    """The 18th character that belongs to the first 17. Source: GB 32100-2015, annex A."""
    total = sum(_RANK[character] * weight for character, weight in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def _strange(characters: str) -> Text:
    return Text(
        f"含有不允许的字符 {characters}：只用数字和大写字母，且不用 I、O、S、V、Z。",
        f"{characters} cannot occur: only digits and capitals, without I, O, S, V, Z.",
    )
