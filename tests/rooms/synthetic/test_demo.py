"""The demo tape that ships is the one that its script makes, and its morning is the one that it promises."""

from datetime import date, time
from pathlib import Path

import pytest

from adapters.synthetic.demo import DAY, START, script, write_demo
from adapters.synthetic.labels import labels_path
from adapters.synthetic.natures import new_york_ns
from bot.resources import shipped
from bot.tape import TapeFacts, open_tape

SHIPPED = shipped("config/tapes/demo.parquet")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TapeFacts]:
    path = tmp_path_factory.mktemp("demo") / "demo.parquet"
    return path, write_demo(path)


def test_the_shipped_demo_is_what_its_script_makes(made: tuple[Path, TapeFacts]) -> None:
    assert open_tape(SHIPPED).facts == made[1]


def test_the_shipped_labels_are_what_was_staged(made: tuple[Path, TapeFacts]) -> None:
    assert labels_path(SHIPPED).read_bytes() == labels_path(made[0]).read_bytes()


def test_the_demo_is_a_cpi_morning_from_half_past_seven_to_half_past_ten() -> None:
    facts = open_tape(SHIPPED).facts
    assert (date(2026, 11, 10), time(7, 30)) == (DAY, START)
    assert facts.first_ns == new_york_ns(DAY, time(7, 30))
    assert new_york_ns(DAY, time(10, 29, 50)) < facts.last_ns < new_york_ns(DAY, time(10, 30))
    assert facts.contract == "ESZ2026"


def test_the_demo_is_small_enough_to_ship() -> None:
    assert SHIPPED.stat().st_size <= 2_500_000
    assert 250_000 <= open_tape(SHIPPED).facts.rows <= 450_000


def test_the_script_stages_the_lesson_s_shape_inside_the_cpi_window() -> None:
    from adapters.synthetic.state import CONFLUENCE

    starts = [int(row["start"]) for row in script() if row["kind"] == CONFLUENCE]
    assert any(new_york_ns(DAY, time(8, 30)) <= at < new_york_ns(DAY, time(8, 44)) for at in starts)
    assert sum(at >= new_york_ns(DAY, time(9, 30)) for at in starts) >= 3
