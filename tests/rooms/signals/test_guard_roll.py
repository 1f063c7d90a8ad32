"""G9: the contract that is about to expire."""

from dataclasses import replace

import pytest

from bot.signals.engine import Wish, build
from tests.rooms.signals.guarding import edges
from tests.rooms.signals.scanning import ES, weekdays
from tests.tapes import Tape, ns

JUNE = weekdays("2026-06-10", "2026-06-11", "2026-06-12", "2026-06-15", "2026-06-16", "2026-06-17", "2026-06-18")
# Of June 2026 the third Friday is the 19th; eight days before, the session of the 11th opens on the 10th at 18:00.


def rolled(contract: str, start: str, hours: int, expires: str = "third-friday") -> list[tuple[bool, int, int]]:
    told = Tape(start=start).quote("4200.00", "4200.25")
    for _ in range(hours * 60):
        told.wait(60)
    engine = build(replace(ES, contract=contract, expires=expires), JUNE, [Wish()])
    return edges(engine, engine.scan(told.rows()), 9)


def test_g9_the_old_contract_is_left_eight_days_before_it_expires() -> None:
    assert rolled("ESM2026", "2026-06-10 15:00", 4) == [(True, ns("2026-06-10 18:00"), 1)]


def test_g9_a_tape_that_begins_in_the_roll_is_all_of_it() -> None:
    assert rolled("ESM2026", "2026-06-15 10:00", 1) == [(True, ns("2026-06-15 10:00"), 0)]


@pytest.mark.parametrize(
    ("contract", "expires"),
    [("ESU2026", "third-friday"), ("ES", "third-friday"), ("", "third-friday"), ("ESM2026", ""), ("SPY", "")],
)
def test_g9_what_does_not_expire_soon_or_at_all_never_rolls(contract: str, expires: str) -> None:
    assert rolled(contract, "2026-06-15 10:00", 1, expires) == []
