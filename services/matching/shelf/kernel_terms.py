"""The terms of offerings judged for one person, compiled: the same verdicts as `terms` gives.

A person comes as a tuple in the order of `Person`, terms as those of `Who` and `Where`.
"""

from typing import Any, Final

from matching.domain.eligibility import SEVERE_GRADES
from matching.shelf.compiled import compiled, inlined
from matching.shelf.terms import ANY_AGE, LIVING, NO, OPEN, YES

UNSEEN: Final = 2  # where the verdict of some terms will stand once a row has asked for it
_SEVEREST: Final = max(SEVERE_GRADES)


@compiled
def judged(pair: Any, terms: Any, tables: Any, person: Any, told: Any) -> Any:
    """What a pair of terms comes to for this person; what is told stands there for others."""
    told_pair, told_who, told_where = told
    who, where = terms[0][pair], terms[1][pair]
    if told_who[who] == UNSEEN:
        told_who[who] = _who(who, tables[0], person)
    if told_where[where] == UNSEEN:
        told_where[where] = _where(where, tables[1], person)
    told_pair[pair] = min(told_who[who], told_where[where])
    return told_pair[pair]


@compiled
def judged_together(pairs: Any, terms: Any, tables: Any, person: Any, told: Any) -> Any:
    """What the best of a few pairs of terms comes to; each is judged.

    Written out and not by `judged`: a search takes half as long again where each pair is a call.
    """
    told_pair, told_who, told_where = told
    best_of_all = NO
    for pair in pairs:
        if told_pair[pair] == UNSEEN:
            who, where = terms[0][pair], terms[1][pair]
            if told_who[who] == UNSEEN:
                told_who[who] = _who(who, tables[0], person)
            if told_where[where] == UNSEEN:
                told_where[where] = _where(where, tables[1], person)
            told_pair[pair] = min(told_who[who], told_where[where])
        best_of_all = max(best_of_all, told_pair[pair])
    return best_of_all


@inlined
def _who(number: Any, terms: Any, person: Any) -> Any:
    """What is asked of the person: age, group, hardship, disability."""
    youngest, oldest, hardships, disabilities, starts, groups = terms
    hardship, disability, verified = hardships[number], disabilities[number], person[9]
    verdict = _age(youngest[number], oldest[number], person, verified[0])
    asked = groups[starts[number] : starts[number + 1]]
    if verdict > NO and len(asked):
        verdict = min(verdict, _group(asked, person, verified[1]))
    if verdict > NO and hardship:
        verdict = min(verdict, _worth(person[5], hardship & person[6] != 0, verified[2]))
    if verdict > NO and disability:
        grade = person[7]
        is_so = grade > 0 and (disability == 1 or grade <= _SEVEREST)
        verdict = min(verdict, _worth(grade >= 0, is_so, verified[3]))
    return verdict


@inlined
def _worth(is_known: Any, is_so: Any, verified: Any) -> Any:
    """A yes counts as much as its fact is verified."""
    if not is_known:
        return OPEN
    return verified if is_so else NO


@inlined
def _age(low: Any, high: Any, person: Any, verified: Any) -> Any:
    if low <= 0 and high >= ANY_AGE:
        return YES
    if not person[0]:
        return OPEN
    if person[1] >= low and person[2] <= high:
        return verified
    return NO if person[2] < low or person[1] > high else OPEN


@inlined
def _group(groups: Any, person: Any, verified: Any) -> Any:
    shares = False
    for group in groups:
        shares = shares or person[4][group]
    return _worth(person[3], shares, verified)


@inlined
def _where(number: Any, terms: Any, person: Any) -> Any:
    """What is asked of the homes: the areas of the offering, the area of its money."""
    residences, fundings, starts, areas = terms
    homes, verified, funding = person[8], person[9][4], fundings[number]
    verdict = YES
    asked = areas[starts[number] : starts[number + 1]]
    if len(asked):
        lives = NO
        for area in asked:
            lives = max(lives, _lives(homes, area, residences[number]))
        verdict = min(lives, verified)
    if verdict > NO and funding[1] > 0:
        verdict = min(verdict, _lives(homes, funding, LIVING), verified)
    return verdict


@inlined
def _lives(homes: Any, area: Any, residence: Any) -> Any:
    """Whether one of the homes that count lies within an area."""
    verdict = NO
    for number in range(2):
        if residence & (number + 1):
            low, high = homes[number]
            if high and area[0] <= low and high <= area[1]:
                return YES
            if high == 0 or (low <= area[0] and area[1] <= high):
                verdict = OPEN
    return verdict
