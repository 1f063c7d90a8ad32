"""Random entries: at times like the wish's own, never near one, with its very bracket, the same for the same seed."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config import instrument
from bot.domain.what_if import Draw, Standing, Terms, Wish
from bot.review.matched import HALF_HOUR_NS, SECOND_NS, matched
from bot.sessions import days_of
from tests.tapes import ns

OPEN = ns("2026-05-26 09:30")
DAYS = 3
HOURS = days_of(instrument("ES"), OPEN, OPEN + 86_400 * DAYS * SECOND_NS)
TERMS = Terms(1, entry=16_802, stop=16_796, target=16_811, ttl_ns=20 * SECOND_NS, time_stop_ns=0)


def market(seed: int = 1, minutes: int = 70) -> Standing:
    """A walk from 09:30 of three days, two ticks wide now and then."""
    chance = np.random.default_rng(seed)
    ts = np.concatenate([OPEN + (day * 86_400 + np.arange(minutes * 60)) * SECOND_NS for day in range(DAYS)])
    bid = 16_800 + np.cumsum(chance.integers(-1, 2, len(ts)))
    return Standing(ts, bid, bid + 1 + (chance.random(len(ts)) < 0.1))


def wish(at: int, **changed: object) -> Wish:
    plain = Wish("one-5", "s", "ES", 1, OPEN + at * SECOND_NS, OPEN + 10**13, at_first=True, terms=TERMS)
    return replace(plain, **changed)  # type: ignore[arg-type]


def drawn(
    wishes: Sequence[Wish], standing: Standing, seed: int = 1, **shut: Sequence[tuple[int, int]]
) -> dict[str, list[Wish]]:
    return matched(wishes, {"ES": standing}, {"ES": HOURS}, shut, Draw(each=40, seed=seed))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 99), at=st.integers(400, 4_000), side=st.sampled_from((1, -1)))
def test_they_are_like_the_wish_in_all_but_the_moment(seed: int, at: int, side: int) -> None:
    standing = market(seed)
    others = [wish(later, id=f"one-{later}") for later in range(600, 4_000, 900)]
    mine = wish(at, side=side)
    for one in drawn([mine, *others], standing).get(mine.id, []):
        row, own = (int(np.searchsorted(standing.ts, stamp)) for stamp in (one.known_ns, mine.known_ns))
        assert standing.ask[row] - standing.bid[row] == standing.ask[own] - standing.bid[own]
        assert (one.known_ns - OPEN) % (86_400 * SECOND_NS) // HALF_HOUR_NS == at * SECOND_NS // HALF_HOUR_NS
        assert all(abs(one.known_ns - other.known_ns) >= 120 * SECOND_NS for other in (mine, *others))
        assert (one.side, one.strategy, one.at_first) == (side, mine.strategy, False)
        assert one.until_ns > one.known_ns
        assert one.terms is not None
        assert one.terms == replace(TERMS, entry=one.terms.entry, stop=one.terms.entry - 6, target=one.terms.entry + 9)
        touch = standing.ask if side > 0 else standing.bid
        assert one.terms.entry - touch[row] == TERMS.entry - touch[own]


def test_the_same_seed_draws_the_same_and_another_others() -> None:
    mine, standing = wish(1_000), market()
    assert drawn([mine], standing) == drawn([mine], standing)
    # whatever the run is called
    renamed = drawn([replace(mine, id="two-9")], standing)["two-9"]
    assert [one.known_ns for one in renamed] == [one.known_ns for one in drawn([mine], standing)[mine.id]]
    assert drawn([mine], standing, seed=2) != drawn([mine], standing)


def test_a_blackout_holds_none_of_them_and_makes_its_day_one_of_a_class_of_its_own() -> None:
    mine, standing = wish(1_000), market()
    # given news on the second day
    news = (OPEN + (86_400 + 600) * SECOND_NS, OPEN + (86_400 + 1_200) * SECOND_NS)
    days = {(one.known_ns - OPEN) // (86_400 * SECOND_NS) for one in drawn([mine], standing)[mine.id]}
    quiet = {(one.known_ns - OPEN) // (86_400 * SECOND_NS) for one in drawn([mine], standing, s=[news])[mine.id]}
    # then quiet days are compared with quiet ones, and the day of the news with itself outside the window
    assert (days, quiet) == ({0, 1, 2}, {0, 2})
    during = drawn([wish(86_400 + 100)], standing, s=[news])["one-5"]
    assert {(one.known_ns - OPEN) // (86_400 * SECOND_NS) for one in during} == {1}
    assert not any(news[0] <= one.known_ns < news[1] for one in during)


def test_lively_moments_are_compared_with_lively_ones() -> None:
    standing = market()
    # given a market that runs in the last third of each half-hour
    second = (standing.ts - OPEN) // SECOND_NS % 86_400
    jumps = np.where(second % 1_800 >= 1_200, np.where(second % 2 == 0, 6, -6), 0)
    lively = Standing(standing.ts, 16_800 + jumps, 16_801 + jumps)
    found = drawn([wish(1_700)], lively)["one-5"]
    assert {(one.known_ns - OPEN) // SECOND_NS % 1_800 >= 1_200 for one in found} == {True}


@pytest.mark.parametrize(
    "mine", [wish(1_000, terms=None), wish(1_000, known_ns=OPEN + 1), wish(1_000, product="NQ"), wish(90_000_000)]
)
def test_without_terms_or_quote_there_is_nothing_to_match(mine: Wish) -> None:
    assert drawn([mine], market()) == {}


def test_where_everything_is_near_a_wish_there_is_no_match() -> None:
    crowd = [wish(at, id=f"one-{at}") for at in range(0, 4_200, 100)]
    short = Standing(*(column[:4_200] for column in (market().ts, market().bid, market().ask)))
    assert drawn(crowd, short) == {}
