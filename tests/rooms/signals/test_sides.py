"""The rules that find out who caused a print, by hand, against tables, and against tapes whose truth is known.

The letters are those of the specification of signals §2.
"""

import json
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.synthetic.synth import write_tape
from bot.cli.app import app
from bot.domain.market import (
    BUY,
    PRINT,
    SELL,
    SIDE_EMO,
    SIDE_LEE_READY,
    SIDE_NONE,
    SIDE_QUOTE,
    SIDE_TICK,
    UNKNOWN,
    Ticks,
)
from bot.errors import UsageError
from bot.resources import checkout
from bot.signals import aggressor
from bot.signals.sides import bulk, emo, lee_ready, memory, newest, tick_rule
from bot.signals.sides.coarse import SECOND_NS, coarse
from bot.signals.sides.compare import RULES, Comparison, Verdict
from bot.tape import open_tape
from tests.rooms.signals.scanning import lively
from tests.tapes import Tape

SHARED = Path(os.environ.get("PAPERPIT_SHARED_DATA") or (checkout() or Path()) / ".." / "shared" / "data")


def said(fill: Callable[[Ticks, Ticks], None], tape: Tape) -> list[tuple[int, int]]:
    """(side, method) of each print."""
    rows = tape.rows()
    rows["side"], rows["side_method"] = UNKNOWN, SIDE_NONE
    fill(rows, memory.fresh())
    prints = rows[rows["kind"] == PRINT]
    return list(zip(prints["side"].tolist(), prints["side_method"].tolist(), strict=True))


def wide() -> Tape:
    """A spread of four ticks and a print at each place: ask, bid, nearer the ask, middle, beyond the bid."""
    tape = Tape().quote("4200.00", "4201.00")
    for price in ("4201.00", "4200.00", "4200.75", "4200.50", "4199.75"):
        tape.printed(1, price)
    return tape


def test_the_newest_quote_says_nothing_of_what_lies_inside_it() -> None:
    quote = SIDE_QUOTE
    assert said(newest.fill, wide()) == [(BUY, quote), (SELL, quote), (0, SIDE_NONE), (0, SIDE_NONE), (SELL, quote)]


def test_emo_asks_the_last_change_for_all_that_is_not_at_the_touch() -> None:
    told = said(emo.fill, wide())
    assert told == [(BUY, SIDE_EMO), (SELL, SIDE_EMO), (BUY, SIDE_TICK), (SELL, SIDE_TICK), (SELL, SIDE_TICK)]


def test_lee_and_ready_ask_it_in_the_middle_alone() -> None:
    quote = SIDE_LEE_READY
    assert said(lee_ready.fill, wide()) == [(BUY, quote), (SELL, quote), (BUY, quote), (SELL, SIDE_TICK), (SELL, quote)]


def test_the_tick_rule_knows_no_quote_and_no_first_print() -> None:
    tape = Tape().printed(1, "4200.00").printed(1, "4200.25").printed(1, "4200.25").printed(1, "4200.00")
    assert said(tick_rule.fill, tape) == [(0, SIDE_NONE), (BUY, SIDE_TICK), (BUY, SIDE_TICK), (SELL, SIDE_TICK)]


def test_nobody_reads_a_quote_that_is_crossed() -> None:
    tape = Tape().quote("4200.00", "4200.25").printed(1, "4200.00").quote("4200.50", "4200.25").printed(1, "4200.25")
    for fill in (emo.fill, lee_ready.fill):
        assert said(fill, tape)[1] == (BUY, SIDE_TICK)
    assert said(newest.fill, tape)[1] == (UNKNOWN, SIDE_NONE)


@pytest.mark.parametrize("freedom", [1.0, 2.0])
@pytest.mark.parametrize("x", [-40.0, -1.0, -1e-3, 0.0, 0.2, 1.0, 3.0, 1e4])
def test_students_distribution_has_its_closed_forms(x: float, freedom: float) -> None:
    closed = {1.0: 0.5 + math.atan(x) / math.pi, 2.0: 0.5 + x / (2 * math.sqrt(2 + x * x))}
    assert bulk.student(x, freedom) == pytest.approx(closed[freedom], abs=1e-12)


# Abramowitz & Stegun, table 26.10: A(t|ν) = P(|t| ≤ x).
@pytest.mark.parametrize(
    ("freedom", "two_sided", "x"), [(3, 0.9, 2.353), (5, 0.95, 2.571), (10, 0.99, 3.169), (30, 0.5, 0.683)]
)
def test_students_distribution_is_the_published_table(freedom: int, two_sided: float, x: float) -> None:
    assert bulk.student(x, freedom) == pytest.approx((1 + two_sided) / 2, abs=2e-4)


@pytest.mark.parametrize("x", [0.05, 0.5, 1.0, 2.0, 6.0])
def test_students_distribution_is_the_area_under_its_density(x: float) -> None:
    nu = bulk.FREEDOM
    scale = math.gamma((nu + 1) / 2) / (math.sqrt(nu * math.pi) * math.gamma(nu / 2))
    grid = np.linspace(0, x, 200_001)
    density = scale * (1 + grid * grid / nu) ** (-(nu + 1) / 2)
    area = float(np.sum((density[1:] + density[:-1]) / 2) * (grid[1] - grid[0]))
    assert bulk.student(x, nu) == pytest.approx(0.5 + area, abs=1e-8)
    assert bulk.student(-x, nu) == pytest.approx(0.5 - area, abs=1e-8)


def test_bulk_volume_knows_nothing_without_a_change() -> None:
    assert bulk.bought(np.array([5])).tolist() == [0.5]
    assert bulk.bought(np.array([5, 5, 5])).tolist() == [0.5, 0.5, 0.5]
    rising, falling = bulk.bought(np.array([5, 6, 6])), bulk.bought(np.array([5, 4, 4]))
    assert rising[1] > 0.5
    assert falling[1] == pytest.approx(1 - rising[1])


def judged(path: Path, seed: int | None = None, rows: int = 65_536) -> dict[str, Verdict]:
    """Every rule's verdict of a tape."""
    comparison = Comparison()
    with open_tape(path) as reader:
        batches: Iterator[Ticks] = reader.batches(rows)
        for ticks in batches if seed is None else coarse(batches, seed):
            comparison.read(ticks)
    return {one.rule: one for one in comparison.verdicts()}


@pytest.fixture(scope="module", params=["ES", "NQ", "CL", "AAPL"])
def tape(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sides") / f"{request.param}.parquet"
    write_tape(path, product=request.param, seed=11, hours=1)
    return path


def test_a_native_tape_with_its_sides_blanked(tape: Path) -> None:
    told = judged(tape)["quote"]
    assert told.volume_right is not None
    assert told.volume_right >= 0.995
    assert told.methods.get("tick", 0) <= 0.001 * sum(told.methods.values())


def test_b_a_broker_like_tape(tape: Path) -> None:
    told = judged(tape, seed=3)
    ours, naive = told["quote"], told["newest"]
    assert ours.volume_right is not None
    assert naive.volume_right is not None
    assert ours.volume_right >= 0.985
    assert ours.volume_right > naive.volume_right + 0.01
    silent = sum(ours.methods.get(method, 0) for method in ("tick", "lee-ready", "none"))
    assert silent <= 0.005 * sum(ours.methods.values())


def test_c_a_print_that_walked_the_book() -> None:
    rows = Tape().quote("4200.00", "4200.25").printed(50, "4200.75").printed(50, "4199.50").rows()
    aggressor.fill(rows, np.zeros(len(rows), np.float32), aggressor.fresh())
    assert rows["side"][1:].tolist() == [BUY, SELL]


@pytest.mark.parametrize("ask", ["4200.25", "4200.00"])
def test_d_a_locked_or_crossed_book_is_no_quote(ask: str) -> None:
    rows = Tape().quote("4200.00", "4200.25").quote("4200.25", ask).printed(1, "4200.25").rows()
    aggressor.fill(rows, np.zeros(len(rows), np.float32), aggressor.fresh())
    assert (rows["side"][2], rows["side_method"][2]) == (UNKNOWN, SIDE_NONE)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(1, 60), min_size=1, max_size=40))
def test_e_no_rule_and_no_rendering_depends_on_the_cut(seed: int, lengths: list[int]) -> None:
    ticks = lively(seed)
    pieces = np.split(ticks, np.cumsum(lengths)[np.cumsum(lengths) < len(ticks)])
    for slow in (None, 5):
        whole = np.concatenate(list(coarse(iter([ticks]), slow))) if slow else ticks
        cut = list(coarse(iter(pieces), slow)) if slow else pieces
        assert (np.concatenate(cut) == whole).all()
        for fill, fresh in RULES.values():
            one, other = _blank(whole), [_blank(piece) for piece in cut]
            fill(one, fresh())
            state = fresh()
            for piece in other:
                fill(piece, state)
            assert (np.concatenate(other) == one).all()


def _blank(ticks: Ticks) -> Ticks:
    rows = ticks.copy()
    rows["side"], rows["side_method"] = UNKNOWN, SIDE_NONE
    return rows


def test_a_slow_feed_has_whole_seconds_and_some_prints_late(tape: Path) -> None:
    with open_tape(tape) as reader:
        told = np.concatenate(list(reader.batches(777)))
        slow = np.concatenate(list(coarse(reader.batches(777), 3)))
    assert len(slow) == len(told)
    assert not (slow["ts"] % SECOND_NS).any()
    assert (np.diff(slow["ts"]) >= 0).all()
    prints, late = told[told["kind"] == PRINT], slow[slow["kind"] == PRINT]
    assert (prints["price"] == late["price"]).all(), "prints keep their order"
    assert 0.25 < (slow["kind"] != told["kind"]).sum() / 2 / len(prints) < 0.33


def cli(*words: str) -> Any:
    return CliRunner().invoke(app, ["tape", "check", *words])


def test_the_command_compares_with_the_truth() -> None:
    done = cli("demo", "--aggressor", "--coarse", "--seed", "4", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["truth"]
    assert told["coarse"] == {"seed": 4, "late": 0.3}
    assert [one["rule"] for one in told["rules"]] == [*RULES, "bulk"]
    assert all(one["volume_right"] > 0.6 for one in told["rules"])
    assert sum(told["rules"][0]["methods"].values()) == told["prints"]


def test_without_a_truth_it_says_so_and_compares_the_rules(tmp_path: Path) -> None:
    path = wide().wait(120).printed(4, "4200.75").write(tmp_path / "blind.parquet", side_known=False)
    done = cli(str(path), "--aggressor")
    assert done.exit_code == 0, done.output
    assert "no rule can be called right or wrong" in done.output
    told = json.loads(cli(str(path), "--aggressor", "--json").stdout)
    assert not told["truth"]
    assert [one["volume_right"] for one in told["rules"]] == [None] * 6
    shares = {(one["rule"], one["other"]): one["volume"] for one in told["agreements"]}
    # Of nine contracts they disagree about one each: the middle, and what only one of them decides.
    assert shares["emo", "lee-ready"] == 1.0
    assert shares["quote", "newest"] == pytest.approx(3 / 9)


def test_coarse_without_aggressor_is_refused() -> None:
    assert isinstance(cli("demo", "--coarse").exception, UsageError)


@pytest.mark.skipif(not SHARED.is_dir(), reason="no recordings beside the checkout (PAPERPIT_SHARED_DATA names them)")
def test_aapl_of_lobster_is_read_better_than_by_any_textbook_rule(tmp_path: Path) -> None:
    path = tmp_path / "aapl.parquet"
    imported = CliRunner().invoke(app, ["tape", "import", str(SHARED / "AAPL_2012-06-21.parquet"), "--out", str(path)])
    assert imported.exit_code == 0, imported.output
    told = judged(path)
    best = max(one.volume_right or 0 for rule, one in told.items() if rule != "quote")
    assert (told["quote"].volume_right or 0) >= 0.955
    assert (told["quote"].volume_right or 0) > best
