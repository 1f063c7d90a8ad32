"""A stranger's strategy breaks in the middle: the desk goes on, its position keeps its stop, and everybody is told."""

from pathlib import Path

import pytest

from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import reading
from tests.laws.markets import DRILL, drill, market
from tests.playing import Played, play, strategy

HERE = Path(__file__).with_name("failing.py")
WRONG = {
    "raises": "ZeroDivisionError: integer division or modulo by zero",
    "nonsense": "TypeError: str is neither a Proposal nor a Refusal nor a Quote",
}


def broken(folder: Path, **params: object) -> Path:
    """A drill named `broken` that goes wrong as told."""
    told = "\n".join(f"{key} = {value!r}" for key, value in params.items())
    text = DRILL.replace('"drill"', f'"{HERE}:Failing"').replace("every = 2", f"every = 2\n{told}")
    return strategy(folder, text.replace("drill-law", "broken"), "broken.toml")


def controls(played: Played) -> list[tuple[str, str, str]]:
    """(key, value, why) of every `control` row."""
    with reading(place(played.url)) as reader:
        return [(row.key, row.value, row.why) for row in reader.read(rows.Control, reader.runs)]


@pytest.mark.parametrize("how", WRONG)
def test_the_others_trade_on_and_its_own_bracket_is_brought_home(tmp_path: Path, how: str) -> None:
    # given a strategy that goes wrong at every bar from the fourth on
    played = play(tmp_path, market(7), broken(tmp_path, at_bar=4, how=how), drill(tmp_path))
    # then it is asked no more after the third time, and each of them is written down
    assert played.outcome.tally.failed == {"broken": WRONG[how]}
    key = "strategy.broken"
    assert controls(played) == [(key, "1", WRONG[how]), (key, "2", WRONG[how]), (key, '"failed"', WRONG[how])]
    # and the other one trades on
    by_strategy = [trip["strategy"] for trip in played.round_trips]
    assert by_strategy.count("broken") <= 1
    assert by_strategy.count("drill-law") > 3
    assert {order["state"] for order in played.orders} <= {"filled", "cancelled"}


def test_two_errors_are_forgiven(tmp_path: Path) -> None:
    played = play(tmp_path, market(7), broken(tmp_path, at_bar=4, times=2))
    assert played.outcome.tally.failed == {}
    assert [value for _, value, _ in controls(played)] == ["1", "2"]
    assert len(played.round_trips) > 3
