"""No request waits for the compiler: the plain search answers until there is machine code."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from matching.domain.demand import Need
from matching.domain.scoring import Policy
from matching.shelf import compiled, kernel, plain, quickest, telling, texts, writing
from matching.shelf.asking import Wanted, asked
from matching.shelf.shelf import Shelf
from tests.matching.market import Market
from tests.matching.scan import DAYS, POLICY, rates, shelf_of

pytestmark = pytest.mark.skipif(not compiled.IS_HERE, reason="the extra kernel is not installed")


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which search answered, time after time, in a process that has just begun."""
    said: list[str] = []
    for module in (kernel, plain):
        whole = module.best

        def told(*given: Any, _whole: Any = whole, _name: str = module.__name__) -> plain.Found:
            said.append(_name)
            return cast(plain.Found, _whole(*given))

        monkeypatch.setattr(module, "best", told)
    compiled.IS_READY.clear()
    return said


async def test_the_plain_search_answers_until_the_kernel_is_compiled(searched: list[str]) -> None:
    market = Market(800, venues=20)
    shelf = Shelf(POLICY, quickest.best)
    need = Need.asked(market.need(), DAYS)
    shelf.put([quickest.ANYTHING])

    shelf.best(need, 3)
    assert searched == [plain.__name__]

    await quickest.become(POLICY)
    searched.clear()
    shelf.best(need, 3)
    assert searched == [kernel.__name__]


async def test_what_lies_broken_on_disk_is_compiled_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    function = SimpleNamespace(_cache="cut off when the power failed")

    def compile_kernel(_: Policy) -> None:
        if isinstance(function._cache, str):
            raise EOFError
        compiled.IS_READY.set()

    monkeypatch.setattr(compiled, "_kept", [function])
    monkeypatch.setattr(kernel, "IS_KEPT", False)
    monkeypatch.setattr(quickest, "compile_kernel", compile_kernel)
    compiled.IS_READY.clear()

    await quickest.become(POLICY)

    assert compiled.IS_READY.is_set()


def test_what_was_compiled_for_one_offering_serves_a_whole_market() -> None:
    quickest.compile_kernel(POLICY)
    market = Market(801, venues=150)
    shelf = shelf_of(market, 2000)
    rates(market, shelf)
    (run,) = shelf.runs
    for _ in range(50):
        need = asked(Need.asked(market.need(), DAYS), shelf.lists)
        kernel.best(run.columns, run.gone, shelf.lists.terms, need, 10)
    needs = [Need.asked(market.need(), DAYS) for _ in range(50)]
    assert telling.answers(shelf, [Wanted(need, 10) for need in needs])

    shelf.merge()
    for function in (kernel._search, writing._reckon, writing._write, texts._move):
        assert len(cast(Any, function).signatures) == 1
