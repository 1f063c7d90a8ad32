"""A maker's result in parts: they add up to it whatever happened, and each is what its name says."""

import json
from fractions import Fraction
from pathlib import Path

import jsonschema
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.app import app
from bot.journal.figure_shapes import MAKER
from bot.review.making import Traded, split
from tests.laws.markets import drill, market
from tests.laws.test_quotes import run
from tests.playing import play

HALVES = st.one_of(st.none(), st.integers(-40, 40).map(lambda half: Fraction(half, 2)))
FILLS = st.lists(
    st.builds(
        Traded,
        side=st.sampled_from((1, -1)),
        quantity=st.integers(1, 9),
        price=st.integers(-20, 20),
        quoted=st.booleans(),
        before=HALVES,
        after=HALVES,
    )
)


@given(fills=FILLS)
def test_the_parts_add_up_to_the_result_exactly(fills: list[Traded]) -> None:
    """Given any fills and any middles, also unknown ones: no tick is lost or found."""
    parts = split(fills)
    assert parts.spread + parts.adverse + parts.inventory == parts.total
    assert parts.total == -sum(fill.side * fill.quantity * fill.price for fill in fills)


def at(side: int, price: int, before: float, after: float, *, quoted: bool = True) -> Traded:
    return Traded(side, 1, price, quoted, Fraction(before), Fraction(after))


def test_a_quiet_market_pays_the_spread() -> None:
    """Bought at the bid, sold at the ask, and price went nowhere: half a tick for each fill, and nothing else."""
    parts = split([at(1, 100, 100.5, 100.5), at(-1, 101, 100.5, 100.5)])
    assert (parts.total, parts.spread, parts.adverse, parts.inventory) == (1, 1, 0, 0)


def test_who_knows_something_takes_it_back() -> None:
    """Bought at the bid two ticks before it was two ticks lower, and left there at market."""
    parts = split([at(1, 100, 100.5, 98.5), at(-1, 98, 98.5, 98.5, quoted=False)])
    assert (parts.total, parts.spread, parts.crossed, parts.adverse) == (-2, 0, Fraction(-1, 2), -2)


def test_what_is_held_while_price_goes_on_is_inventory() -> None:
    parts = split([at(1, 100, 100.5, 100.5), at(-1, 108, 107.5, 107.5)])
    assert (parts.total, parts.spread, parts.inventory) == (8, 1, 7)


def test_the_command_asks_the_tape_and_tells_what_the_round_trips_tell(tmp_path: Path) -> None:
    """When a maker has traded, then the parts of its run are the ticks of its round trips."""
    played = run(tmp_path, 1)
    told = CliRunner().invoke(app, ["journal", "maker", "--journal", played.url, "--json"])
    (one,) = json.loads(told.stdout)
    jsonschema.validate([one], MAKER)
    assert one["total_ticks"] == played.outcome.net_ticks
    assert one["spread_ticks"] + one["adverse_ticks"] + one["inventory_ticks"] == one["total_ticks"]
    assert one["fills"] == len(played.fills)
    assert one["unpriced"] < one["fills"]
    shown = CliRunner().invoke(app, ["journal", "maker", "--journal", played.url])
    assert "maker-law in ES" in shown.stdout


def test_without_a_maker_it_says_what_to_do(tmp_path: Path) -> None:
    played = play(tmp_path, market(1), drill(tmp_path))
    told = CliRunner().invoke(app, ["journal", "maker", "--journal", played.url])
    assert "no market was made here" in told.stdout
