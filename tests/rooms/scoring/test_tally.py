"""Counting: what a tape's verdicts come to, that tapes add up, and that every figure is the one that it says it is.

Method: a few detections and labels at known seconds of one hour, and the rows that come of them.
"""

import math
from typing import Any

import pytest

from bot.scoring import Detection, Tally, decoy_rows, guard_rows, match, rows, tally_of
from bot.tape.labels import Label
from tests.rooms.scoring.truths import HOUR, at, decoy, happened, saw, watched


def tally(detections: list[Detection], labels: list[Label] | None, **more: Any) -> Tally:
    one = watched(*detections, **more)
    return tally_of(one, match(one, labels))


def row(told: Tally, kind: str = "absorption") -> dict[str, Any]:
    (found,) = [found for found in rows(told) if found["kind"] == kind]
    return found


LABELS = [happened("absorption_long", start, start + 30) for start in (100, 300, 500, 700)]


def test_an_hour_is_counted() -> None:
    seen = [
        saw("absorption", 110, known=110.5),  # 19.5 s before the first label's end
        saw("absorption", 115),
        saw("absorption", 335),  # 5 s after the second's
        saw("absorption", 520, vetoed_by=(1,)),
        saw("absorption", 900),
        saw("absorption", 1000),
    ]
    found = row(tally(seen, LABELS))
    assert (found["labels"], found["detections"], found["hits"]) == (4, 5, 2)
    assert (found["duplicates"], found["vetoed"], found["lost_to_vetoes"], found["false"]) == (1, 1, 1, 2)
    assert (found["recall"], found["precision"], found["false_per_hour"], found["per_hour"]) == (0.5, 0.5, 2.0, 5.0)
    assert (found["median_delay_ms"], found["p90_delay_ms"], found["median_since_start_ms"]) == (-7250, 5000, 22750)
    assert (found["recall_low"], found["recall_high"]) == pytest.approx((0.0676, 0.9324), abs=1e-4)
    assert (found["false_per_hour_low"], found["false_per_hour_high"]) == pytest.approx((0.2422, 7.2247), abs=1e-4)


def test_what_does_not_exist_is_null() -> None:
    found = row(tally([], []))
    names = ("recall", "recall_low", "precision", "precision_high", "median_delay_ms", "p90_delay_ms")
    assert [found[name] for name in names] == [None] * 6
    assert (found["false_per_hour"], found["by_strength"]["weak"]["recall"]) == (0.0, None)


def test_counted_kinds_are_told_even_with_nothing_and_others_only_with_something() -> None:
    assert [found["kind"] for found in rows(tally([], []))] == ["absorption", "rejection", "imbalance"]
    labelled = rows(tally([saw("absorption_early", 50)], [happened("sweep_short", 100, 101)]))
    assert [(found["kind"], found["counted"]) for found in labelled][-2:] == [
        ("sweep", True),
        ("absorption_early", False),
    ]


def test_without_truth_there_are_counts_and_nothing_else() -> None:
    told = tally([saw("absorption", 110), saw("absorption", 120, vetoed_by=(2,))], None)
    found = row(told)
    assert (found["detections"], found["vetoed"], found["per_hour"], found["hours"]) == (1, 1, 1.0, 1.0)
    assert [found[name] for name in ("recall", "precision", "false_per_hour", "false_per_hour_high")] == [None] * 4
    assert decoy_rows(told) == []


def test_tapes_add_up() -> None:
    one = tally([saw("absorption", 110), saw("absorption", 900)], LABELS[:1], guards={1: [(at(0), at(36))]})
    other = tally([saw("absorption", 310), saw("rejection", 20)], [*LABELS[1:3], decoy("halt", 1, 2)])
    both = one + other
    assert Tally() + one == one == one + Tally()
    found = row(both)
    assert (found["hours"], found["labels"], found["hits"], found["false_per_hour"]) == (2.0, 3, 2, 0.5)
    assert row(both, "rejection")["false"] == 1
    assert (both.tapes, len(both.decoys)) == (2, 1)
    assert guard_rows(both)[0]["share"] == 0.005
    assert (one + other) + one == one + (other + one)
    # A tape without truth adds to the time of the guards, but not to that of the false alarms.
    assert row(both + tally([saw("absorption", 1)], None))["false_per_hour"] == 0.5


def thirds(*strengths: float) -> list[int]:
    truth = [happened("absorption_long", 100 * n, 100 * n + 1, strength=s) for n, s in enumerate(strengths)]
    by = row(tally([], truth))["by_strength"]
    return [by[third]["labels"] for third in ("weak", "mid", "strong")]


@pytest.mark.parametrize(
    ("strengths", "lots"),
    [
        ((0.33, 0.33, 0.33, 0.67, 1.0), [3, 1, 1]),  # graded: by grade, however many there are of each
        ((0.67, 0.67), [0, 2, 0]),
        ((1.0,), [0, 0, 1]),
        ((7.0, 8.0, 9.0, 10.0, 15.0, 16.0), [2, 2, 2]),  # any other scale: thirds
        ((7.0, 7.0, 7.0, 10.0, 15.0, 15.0), [3, 1, 2]),  # equal ones stay together
        ((0.2, 0.5, math.nan, 0.9), [1, 1, 1]),
        ((), [0, 0, 0]),
    ],
)
def test_strengths_are_cut_into_three(strengths: tuple[float, ...], lots: list[int]) -> None:
    assert thirds(*strengths) == lots


def test_a_hit_belongs_to_its_label_s_strength() -> None:
    truth = [happened("absorption_long", 100, 130, strength=0.33), happened("absorption_long", 300, 330)]
    by = row(tally([saw("absorption", 320)], truth))["by_strength"]
    assert [(by[third]["hits"], by[third]["recall"]) for third in by] == [(0, 0.0), (0, None), (1, 1.0)]
    assert (by["strong"]["recall_low"], by["strong"]["recall_high"]) == (0.025, 1.0)


def test_a_decoy_is_flagged_by_a_guard_that_is_on_within_it() -> None:
    decoys = [decoy("halt", 100, 130), decoy("halt", 300, 330), decoy("halt", 500, 530), decoy("lock", 900, 930)]
    guards = {
        4: [(at(100.2), at(140)), (at(310), at(315)), (at(531), at(540))],
        6: [(at(90), at(101)), (at(200), at(300))],
    }
    halts, locks = decoy_rows(tally([], decoys, guards=guards))
    assert (halts["decoy"], halts["decoys"], halts["flagged"], halts["flagged_share"]) == ("halt", 3, 2, 0.6667)
    # G6 was on before the first began; G4 came ten seconds into the second; what came after the third was too late.
    assert (halts["median_flag_ms"], halts["p90_flag_ms"]) == (5000, 10000)
    assert halts["by_guard"]["G4"] == {"flagged": 2, "median_flag_ms": 5100, "p90_flag_ms": 10000}
    assert halts["by_guard"]["G6"]["flagged"] == 1
    assert (locks["flagged"], locks["median_flag_ms"], locks["by_guard"]) == (0, None, {})


def test_what_is_seen_inside_a_decoy_is_told() -> None:
    seen = [
        saw("absorption", 100),
        saw("rejection", 110, vetoed_by=(4,)),
        saw("absorption_early", 115),  # none of the counted kinds
        saw("absorption", 129, known=131),  # known when it was over
    ]
    told = tally(seen, [decoy("lock", 100, 130)])
    (found,) = decoy_rows(told)
    assert (found["detections"], found["vetoed"]) == (1, 1)
    assert (row(told)["false"], row(told)["false_in_decoys"]) == (2, 1)


def test_a_pause_is_no_time_of_the_tape() -> None:
    night = (at(600), at(2400))
    told = tally([saw("absorption", 10)], [], pauses=[night], guards={6: [(at(590), at(2410))]})
    assert row(told)["hours"] == 0.5
    assert row(told)["false_per_hour"] == 2.0
    (guard,) = guard_rows(told)
    assert (guard["guard"], guard["what"], guard["times"], guard["seconds"]) == ("G6", "halt or gap", 1, 20.0)
    assert guard["share"] == pytest.approx(20 / (HOUR / 2), abs=1e-4)
