"""A stranger's strategy breaks in the middle: the desk goes on, its position keeps its stop, and everybody is told."""

from pathlib import Path

from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import reading
from tests.laws.markets import DRILL, drill, market
from tests.playing import play, strategy

HERE = Path(__file__).with_name("failing.py")


def test_the_others_trade_on_and_its_own_bracket_is_brought_home(tmp_path: Path) -> None:
    text = DRILL.replace('"drill"', f'"{HERE}:Failing"').replace("every = 2", "every = 2\nat_bar = 4")
    broken = strategy(tmp_path, text.replace("drill-law", "broken"), "broken.toml")
    played = play(tmp_path, market(7), broken, drill(tmp_path))
    assert played.outcome.tally.failed == {"broken": "ZeroDivisionError: integer division or modulo by zero"}
    by_strategy = [trip["strategy"] for trip in played.round_trips]
    assert by_strategy.count("broken") <= 1
    assert by_strategy.count("drill-law") > 3
    assert {order["state"] for order in played.orders} <= {"filled", "cancelled"}
    with reading(place(played.url)) as reader:
        (control,) = reader.read(rows.Control, reader.runs)
    assert (control.key, control.why) == ("strategy.broken", "ZeroDivisionError: integer division or modulo by zero")
