"""The market that follows another's: near it at any time, a touch of its own, and the same rows however it is cut."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.synthetic.following import FOLLOWERS, follow
from bot.domain.market import ABSENT, PRINT, QUOTE, STATUS, Ticks
from tests.laws.markets import market

MES = FOLLOWERS["MES"]


def followed(leader: Ticks, seed: int, cuts: tuple[int, ...] = ()) -> Ticks:
    pieces = np.split(leader, sorted(cut % len(leader) for cut in cuts))
    return np.concatenate(list(follow(iter(pieces), MES, seed)))


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), cuts=st.lists(st.integers(0, 10_000), max_size=5))
def test_a_cut_anywhere_changes_no_row(seed: int, cuts: list[int]) -> None:
    leader = market(seed).rows()
    assert followed(leader, seed, tuple(cuts)).tolist() == followed(leader, seed).tolist()


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_it_stands_a_tick_or_two_from_its_leader_and_trades_at_its_own_touch(seed: int) -> None:
    leader = market(seed).rows()
    rows = followed(leader, seed)
    assert (np.diff(rows["ts"]) >= 0).all()
    quotes = rows[(rows["kind"] == QUOTE) & (rows["bid"] != ABSENT) & (rows["ask"] != ABSENT)]
    assert set(np.unique(quotes["ask"] - quotes["bid"])) <= {1, 2}
    at = np.searchsorted(leader["ts"] + MES.lag, quotes["ts"], side="right") - 1
    whole = leader["bid"][at] != ABSENT
    assert (abs(quotes["bid"] - leader["bid"][at])[whole] <= 4).all()
    prints = rows[rows["kind"] == PRINT]
    assert (prints["price"] == np.where(prints["side"] > 0, prints["ask"], prints["bid"])).all()
    assert len(prints) < (leader["kind"] == PRINT).sum()
    assert (rows["kind"] == STATUS).sum() == (leader["kind"] == STATUS).sum()


def test_what_stands_before_a_print_is_the_quote_before_it() -> None:
    rows = followed(market(3).rows(), 3)
    newest = (ABSENT, ABSENT)
    for row in rows:
        if row["kind"] == QUOTE:
            newest = (row["bid"], row["ask"])
        elif row["kind"] == PRINT:
            assert (row["bid"], row["ask"]) == newest


def test_without_chance_it_is_its_leader_a_little_later() -> None:
    leader = market(4).rows()
    rows = np.concatenate(list(follow(iter([leader]), replace(MES, stray=0, wide=0), 4)))
    bids = leader[leader["kind"] == QUOTE]["bid"]
    quotes = rows[rows["kind"] == QUOTE]
    assert set(quotes["bid"].tolist()) == set(bids.tolist())
    assert (rows["ts"][0], rows["ts"][-1]) >= (leader["ts"][0] + MES.lag, leader["ts"][0])


def test_the_prints_of_another_seed_are_others() -> None:
    leader = market(5).rows()
    assert followed(leader, 5).tolist() != followed(leader, 6).tolist()
