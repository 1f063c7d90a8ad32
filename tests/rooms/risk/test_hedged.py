"""Limits of the account count both legs: a hedge takes off what goes one way, and is added where all is added."""

from dataclasses import replace
from decimal import Decimal

from tests.rooms.risk.bench import ASK, BID, ES, Bench

MES = replace(ES, product="MES", tick_value=Decimal("1.25"), max_order=10, max_position=10)
ONE_ES = 16801 * Decimal("12.50")


def full(**limits: object) -> Bench:
    """One ES is held, and there is no room for another."""
    bench = Bench(instruments=[ES, MES], settings=limits)
    bench.fill(bench.open().entry, ASK)
    return bench


def group(most: Decimal) -> dict[str, object]:
    return {"exposure": {"equities": {"weights": {"ES": "1", "MES": "1"}, "max_usd": str(most)}}}


def test_ten_mes_against_one_es_pass_a_full_group_and_make_room_in_it() -> None:
    bench = full(**group(ONE_ES))
    assert "correlated_exposure" in bench.refused()
    hedge = bench.open(instrument=1, side=-1, quantity=10)
    bench.fill(hedge.entry, BID)
    assert "correlated_exposure" not in bench.refused()
    (row,) = [row for row in bench.gate.room(bench.now) if row["rule"] == "correlated_exposure"]
    assert Decimal(row["used"]) < ONE_ES / 1000


def test_more_than_a_hedge_is_no_hedge() -> None:
    bench = full(**group(ONE_ES))
    bench.fill(bench.open(instrument=1, side=-1, quantity=10).entry, BID)
    assert "position" in bench.refused(instrument=1, side=-1, quantity=10)


def test_gross_exposure_adds_the_legs() -> None:
    bench = full(max_gross_notional_usd=str(2 * ONE_ES - 100_000))
    assert "gross_exposure" in bench.refused(instrument=1, side=-1, quantity=10)
    assert "gross_exposure" not in bench.refused(instrument=1, side=-1, quantity=1)
