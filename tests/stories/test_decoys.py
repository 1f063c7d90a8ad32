"""What looks like a footprint and is none: each sort of decoy is flagged in time, and a quiet day costs hardly a thing.

Goal: the acceptance of the guards (signals notes §11). Method: synthetic sessions with nothing but decoys, or with
nothing at all, read as a replay reads them; and two tapes by hand where the very rows matter.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from adapters.synthetic.kinds import DECOYS
from adapters.synthetic.synth import Wish, menu_of, write_tape, write_wish
from bot.config.params import SECOND_NS
from bot.domain.market import ABSENT, QUOTE, TICK, Ticks
from bot.scoring.watch import Watch, Watched
from bot.signals import engine as engines
from bot.tape.labels import Label, labels_path, read_labels
from tests.rooms.signals.guarding import at, calm, guarded, tape
from tests.rooms.signals.scanning import ES, WEEK

KINDS = frozenset(DECOYS[name] for name in ("quote_stuffing", "limit_lock", "fast_news", "one_sided", "halt",
                                            "block_print", "feed_disorder"))  # fmt: skip
OWN = {"quote_stuffing": (2, 1.0), "limit_lock": (4, 1.0), "fast_news": (5, 3.0), "one_sided": (4, 1.0),
       "halt": (6, 0.0), "block_print": (8, 0.0), "feed_disorder": (10, 5.1)}  # fmt: skip
"""Which guard answers for which decoy, and within how many seconds of its start."""


@pytest.fixture(scope="module")
def decoys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Watched, list[Label]]:
    path = tmp_path_factory.mktemp("decoys") / "es.parquet"
    write_wish(path, Wish("ES", 41, 6.5, menu=menu_of("ES", frozenset(), KINDS)))
    return Watch(str(path)).read(), read_labels(labels_path(path))


def late(watched: Watched, label: Label, number: int) -> float:
    """Seconds from a decoy's start to its guard; 0 when it was on, infinity when it never came."""
    spans = [(a, b) for a, b in watched.guards[number] if b > label.t_start and a <= label.t_end]
    return max(0.0, (min(a for a, _ in spans) - label.t_start) / SECOND_NS) if spans else float("inf")


@pytest.mark.parametrize("note", OWN)
def test_m09_m30_m31_m32_every_decoy_is_flagged_by_its_own_guard_in_time(
    decoys: tuple[Watched, list[Label]], note: str
) -> None:
    watched, labels = decoys
    number, within = OWN[note]
    delays = [late(watched, label, number) for label in labels if label.note == note]
    assert delays
    assert sum(delay <= within for delay in delays) >= 0.95 * len(delays), delays


def test_m30_nothing_that_a_strategy_may_act_on_is_seen_inside_a_decoy(decoys: tuple[Watched, list[Label]]) -> None:
    watched, labels = decoys
    counted = ("absorption", "absorption_early", "absorption_rejection", "sweep", "imbalance")
    seen = [
        (label.note, one.kind)
        for label in labels
        for one in watched.detections
        if label.t_start <= one.known <= label.t_end and one.kind in counted and not one.vetoed_by
    ]
    # Before a feed's disorder shows there is nothing to be seen of it.
    assert [pair for pair in seen if pair[0] != "feed_disorder"] == []


def test_m09_a_fast_market_is_known_by_its_spread_and_then_by_its_moves() -> None:
    told = calm(tape("09:31"), 900)
    onset, chance = told.now, np.random.default_rng(1)
    for k in range(120):
        low = 16800 - k // 4 + int(chance.integers(-3, 4))
        told.quote(str(low / 4), str((low + 5) / 4)).sold(5, str(low / 4)).wait(0.498)
    ticks = told.rows()
    (wide, *_), (wild, *_) = guarded(ticks, 5), guarded(ticks, 1)
    assert (wide[1] - onset) / SECOND_NS <= 3
    assert (wild[1] - onset) / SECOND_NS <= 40


def test_m17_a_trend_is_known_before_it_is_over_and_keeps_out_who_stands_against_it(tmp_path: Path) -> None:
    path = tmp_path / "run.parquet"
    write_wish(path, Wish("ES", 41, 6.5, menu=menu_of("ES", frozenset(), frozenset([DECOYS["trend_run"]]))))
    watched, runs = Watch(str(path)).read(), read_labels(labels_path(path))
    assert runs
    for run in runs:
        spans = [(a, b) for a, b in watched.guards[11] if run.t_start < a <= run.t_end]
        assert spans, "a run of more than half an hour is a trend"
        on = [one for one in watched.detections if one.side and spans[0][0] < one.known < spans[0][1]]
        against = {one.side for one in on if 11 in one.vetoed_by}
        assert len(against) <= 1


def stuffed(ticks: Ticks, since: int) -> Ticks:
    """Two thousand quotes within a second that change nothing but sizes."""
    rows = np.zeros(2_000, TICK)
    before = ticks[np.searchsorted(ticks["ts"], since) - 1]
    rows["ts"] = since + np.arange(len(rows)) * 500_000
    rows["kind"], rows["price"], rows["bid"], rows["ask"] = QUOTE, ABSENT, before["bid"], before["ask"]
    rows["bid_size"], rows["ask_size"] = 10 + 30 * (np.arange(len(rows)) % 2), 12
    both = np.concatenate((ticks, rows))
    return both[np.argsort(both["ts"], kind="stable")]


def test_m31_stuffing_changes_nothing_outside_its_window() -> None:
    told = calm(tape("10:00"), 600)
    for _ in range(4):
        told = calm(told, 60)
        for _ in range(40):
            told.sold(12, "4200.00").wait(0.3)
        told.quote("4200.25", "4200.50").bought(5, "4200.50").quote("4200.75", "4201.00").bought(5, "4201.00").wait(2)
        told.quote("4200.00", "4200.25")
    plain, since = calm(told, 60).rows(), at("10:05:00")
    hair: Mapping[str, Mapping[str, float]] = {"absorption": {"baseline_mu": 3.0, "baseline_sd": 0.5, "volume_min": 50}}

    def outside(ticks: Ticks) -> list[tuple[int, str, int, int]]:
        engine = engines.build(ES, WEEK, [engines.Wish(params=hair)])
        told = [(int(e["ts"]), engine.kinds[e["kind"]], int(e["side"]), int(e["price"])) for e in engine.scan(ticks)]
        return [one for one in told if one[1] not in ("bar", "guard") and not since <= one[0] <= since + 12 * SECOND_NS]

    assert guarded(stuffed(plain, since), 2)
    assert any(kind == "absorption" for _, kind, _, _ in outside(plain))
    assert outside(stuffed(plain, since)) == outside(plain)


@pytest.mark.parametrize("seed", [42, 43])
def test_all_guards_together_cost_less_than_a_fiftieth_of_a_quiet_day(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "null.parquet"
    # Noise runs as well, on some days for an hour: on seed 45 G11 alone vetoes one side for 9 % of the time.
    write_tape(path, seed=seed, null=True)
    watched = Watch(str(path)).read()
    on, end = 0, 0
    for since, until in sorted(span for spans in watched.guards.values() for span in spans):
        on += max(0, until - max(since, end))
        end = max(end, until)
    assert on <= 0.02 * watched.open_ns(watched.first_ns, watched.last_ns), watched.guards
