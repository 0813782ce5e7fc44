"""What an edition of the division list does, by rule alone."""

from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from common.contracts.registry.areas import EditionChange as Change
from common.contracts.registry.areas import SuccessionKind
from registry.domain.editions import EditionRow, Known, Plan, faults, plan

CITY = EditionRow(2, "310000000000", "上海市", "市")
DISTRICT = EditionRow(3, "310101000000", "黄浦区", "区")
TOWN = EditionRow(4, "310101002000", "南京东路街道", "街道")
ROWS = (CITY, DISTRICT, TOWN)


def known(*rows: EditionRow) -> dict[str, Known]:
    """What stands after these rows were imported."""
    made = plan(rows, {}, scope="31")
    return {
        row.code: Known(uuid4(), row.code, row.name, row.division_kind, path, None)
        for row, path in made.added
    }


def after(areas: dict[str, Known], made: Plan) -> dict[str, Known]:
    """What stands after a plan was carried out."""
    standing = dict(areas)
    for area in made.ended:
        del standing[area.code]
    for each in made.renewed:
        standing.pop(each.known.code, None)
    for each in made.renewed:
        row = each.row
        standing[row.code] = Known(
            each.known.id, row.code, row.name, row.division_kind, each.path_name, None
        )
    for row, path in made.added:
        standing[row.code] = Known(uuid4(), row.code, row.name, row.division_kind, path, None)
    return standing


def test_the_first_edition_adds_everything_parents_first():
    made = plan(ROWS[::-1], {}, scope="31")

    assert [path for _, path in made.added] == [
        "上海市",
        "上海市/黄浦区",
        "上海市/黄浦区/南京东路街道",
    ]


def test_the_same_edition_changes_nothing():
    made = plan(ROWS, known(*ROWS), scope="31")

    assert made == Plan(unchanged=3)


def test_a_rename_carries_the_paths_below_it():
    made = plan((CITY, DISTRICT._replace(name="大黄浦区"), TOWN), known(*ROWS), scope="31")

    assert [(each.row.code, each.change) for each in made.renewed] == [
        (DISTRICT.code, Change.RENAMED),
        (TOWN.code, Change.PATH),
    ]
    assert made.renewed[1].path_name == "上海市/大黄浦区/南京东路街道"


def test_a_code_that_alone_follows_a_vanished_one_is_the_same_area():
    moved = TOWN._replace(code="310101099000", previous=(TOWN.code,))
    made = plan((CITY, DISTRICT, moved), known(*ROWS), scope="31")

    assert [(each.known.code, each.change) for each in made.renewed] == [(TOWN.code, Change.MOVED)]
    assert (made.added, made.ended, made.follows) == ([], [], [])


def test_an_area_with_two_heirs_ends_and_is_split():
    one = TOWN._replace(code="310101091000", previous=(TOWN.code,))
    two = TOWN._replace(code="310101092000", previous=(TOWN.code,))
    made = plan((CITY, DISTRICT, one, two), known(*ROWS), scope="31")

    assert [area.code for area in made.ended] == [TOWN.code]
    assert {follow.kind for follow in made.follows} == {SuccessionKind.SPLIT}
    assert made.successors(TOWN.code) == [one.code, two.code]


def test_an_area_that_goes_on_and_gives_a_part_away_does_not_end():
    part = TOWN._replace(code="310101092000", previous=(TOWN.code,))
    made = plan((*ROWS, part), known(*ROWS), scope="31")

    assert made.ended == []
    assert [follow.kind for follow in made.follows] == [SuccessionKind.SPLIT]


def test_two_areas_become_one_old_or_new():
    other = TOWN._replace(code="310101013000", name="外滩街道")
    before = known(*ROWS, other)
    into_old = plan((CITY, DISTRICT, TOWN._replace(previous=(other.code,))), before, scope="31")
    new = TOWN._replace(code="310101099000", previous=(TOWN.code, other.code))
    into_new = plan((CITY, DISTRICT, new), before, scope="31")

    assert [area.code for area in into_old.ended] == [other.code]
    assert {follow.kind for follow in into_old.follows} == {SuccessionKind.MERGED}
    assert {area.code for area in into_new.ended} == {TOWN.code, other.code}
    assert {follow.kind for follow in into_new.follows} == {SuccessionKind.MERGED}


def test_what_lies_outside_the_scope_is_not_touched():
    made = plan((DISTRICT,), known(*ROWS), scope="310101")

    assert [area.code for area in made.ended] == [TOWN.code]
    assert made.unchanged == 1


def test_a_list_that_ends_many_is_doubted():
    rows = [TOWN._replace(code=f"3101010{n:02}000", name=f"第{n}街道") for n in range(10, 40)]
    before = known(CITY, DISTRICT, *rows)

    few = plan((CITY, DISTRICT, *rows[5:]), before, scope="31")
    many = plan((CITY, DISTRICT, *rows[15:]), before, scope="31")

    assert not few.ends_too_much(len(before))
    assert many.ends_too_much(len(before))


def test_faults_say_line_column_and_value():
    rows = (
        CITY,
        DISTRICT,
        DISTRICT._replace(line=9),
        TOWN._replace(line=10, name="a/b", previous=("999",)),
        EditionRow(11, "3101", "短", ""),
        EditionRow(12, "320100000000", "南京市", ""),
    )

    found = faults(rows, {}, scope="31")

    assert [(fault.pointer, fault.value) for fault in found] == [
        ("/rows/3/code", DISTRICT.code),
        ("/rows/9/code", DISTRICT.code),
        ("/rows/10/name", "a/b"),
        ("/rows/10/previous_codes", "999"),
        ("/rows/11/code", "3101"),
        ("/rows/12/code", "320100000000"),
        ("/rows/12/code", "320100000000"),
    ]
    assert all(
        fault.message.zh.startswith(f"第 {fault.pointer.split('/')[2]} 行") for fault in found
    )


towns = st.sets(st.integers(1, 30), min_size=1)


@given(before=towns, later=towns)
def test_whatever_stood_before_the_list_is_what_stands_after(
    before: set[int], later: set[int]
) -> None:
    def edition(numbers: set[int]) -> list[EditionRow]:
        rows = [TOWN._replace(line=n, code=f"3101010{n:02}000", name=f"第{n}街道") for n in numbers]
        return [CITY, DISTRICT, *rows]

    areas = known(*edition(before))
    made = plan(edition(later), areas, scope="31")
    standing = after(areas, made)

    assert set(standing) == {row.code for row in edition(later)}
    assert plan(edition(later), standing, scope="31").unchanged == len(later) + 2
    kept = {code for code in areas if code in standing}
    assert all(areas[code].id == standing[code].id for code in kept)
