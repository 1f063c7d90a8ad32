"""Which detection is of which label: early, late, on the wrong side, off the level, a second time, in another's time.

Method: one or two labels, a detection or two at given seconds, and the verdict on each.
"""

import pytest

from bot.config.params import MINUTE_NS
from tests.rooms.scoring.truths import LEVEL, at, decoy, happened, matched, outcomes, saw

ABSORBED = happened("absorption_long", 100, 130)
TAIL = happened("rejection_long", 60, 120)


@pytest.mark.parametrize(
    ("what", "detection", "verdict"),
    [
        ("before it is over", saw("absorption", 120), "hit"),
        ("at its first moment", saw("absorption", 100), "hit"),
        ("before it began", saw("absorption", 99.9), "false"),
        ("as late as may be", saw("absorption", 190), "hit"),
        ("too late", saw("absorption", 190.1), "false"),
        ("on the other side", saw("absorption", 120, side=-1), "false"),
        ("four ticks off", saw("absorption", 120, price=LEVEL + 4), "hit"),
        ("five ticks off", saw("absorption", 120, price=LEVEL - 5), "false"),
        ("of another kind", saw("rejection", 120), "crossed"),
        ("of another kind and side", saw("rejection", 120, side=-1), "false"),
        ("under a guard", saw("absorption", 120, vetoed_by=(5,)), "vetoed"),
    ],
)
def test_an_absorption_is_matched_by_time_side_and_level(what: str, detection: object, verdict: str) -> None:
    assert outcomes([detection], [ABSORBED]) == [verdict], what  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("kind", "label", "seconds"),
    [
        ("rejection", "rejection_short", 75),
        ("absorption_rejection", "absorption_rejection_short", 75),
        ("imbalance", "imbalance_short", 120),
        ("sweep", "sweep_short", 60),
        ("exhaustion", "exhaustion_short", 60),
        ("accumulation", "accumulation_short", 60),
    ],
)
def test_each_kind_has_its_own_patience(kind: str, label: str, seconds: float) -> None:
    truth = [happened(label, 100, 200)]
    assert outcomes([saw(kind, 200 + seconds, side=-1)], truth) == ["hit"]
    assert outcomes([saw(kind, 200.001 + seconds, side=-1)], truth) == ["false"]


@pytest.mark.parametrize(("kind", "level"), [("rejection", False), ("imbalance", False), ("accumulation", False),
                                             ("sweep", True), ("absorption_rejection", True)])  # fmt: skip
def test_the_level_is_asked_where_a_kind_has_one(kind: str, level: bool) -> None:
    far = saw(kind, 120, price=LEVEL + 40)
    assert outcomes([far], [happened(f"{kind}_long", 100, 130)]) == ["false" if level else "hit"]


def test_a_level_may_be_further_off_where_minutes_are_long() -> None:
    minute = at(120) // MINUTE_NS
    wide = {"minutes": [minute - 1], "ranges": [60.0]}
    assert outcomes([saw("absorption", 120, price=LEVEL + 12)], [ABSORBED], **wide) == ["hit"]
    assert outcomes([saw("absorption", 120, price=LEVEL + 13)], [ABSORBED], **wide) == ["false"]
    # The minute in which it stands is not over yet, so it does not count.
    young = {"minutes": [minute], "ranges": [60.0]}
    assert outcomes([saw("absorption", 120, price=LEVEL + 12)], [ABSORBED], **young) == ["false"]


def test_a_slower_bar_may_end_later() -> None:
    quarter = 15 * MINUTE_NS
    assert outcomes([saw("rejection", 1000, timeframe_ns=quarter)], [TAIL]) == ["hit"]
    assert outcomes([saw("rejection", 1000)], [TAIL]) == ["false"]


def test_the_first_takes_the_label_and_later_ones_are_duplicates() -> None:
    found = matched([saw("absorption", 125), saw("absorption", 110), saw("absorption", 150)], [ABSORBED])
    assert [outcome for _, outcome in found.detections] == ["hit", "duplicate", "duplicate"]
    ((_, seen),) = found.labels
    assert seen is not None
    assert seen.ts == at(110)


def test_two_labels_at_once_take_one_each_and_the_one_whose_time_is_up_first_goes_first() -> None:
    long, short = happened("absorption_long", 100, 200), happened("absorption_long", 110, 120)
    found = matched([saw("absorption", 115), saw("absorption", 230)], [long, short])
    assert [outcome for _, outcome in found.detections] == ["hit", "hit"]
    assert [seen.ts if seen else None for _, seen in found.labels] == [at(230), at(115)]


def test_a_variant_is_no_hit_of_its_family_but_lies_in_its_time() -> None:
    assert outcomes([saw("absorption_early", 120)], [ABSORBED]) == ["crossed"]


def test_a_cross_may_be_as_late_as_its_own_kind() -> None:
    assert outcomes([saw("rejection", 204)], [ABSORBED]) == ["crossed"]
    assert outcomes([saw("rejection", 206)], [ABSORBED]) == ["false"]


def test_a_decoy_makes_nothing_right() -> None:
    found = matched([saw("absorption", 120)], [decoy("limit_lock", 100, 130)])
    assert [outcome for _, outcome in found.detections] == ["false"]
    assert found.labels == []


def test_a_label_is_lost_to_a_veto_only_if_nothing_else_saw_it() -> None:
    vetoed = saw("absorption", 110, vetoed_by=(1,))
    assert matched([vetoed], [ABSORBED]).lost == [ABSORBED]
    assert matched([vetoed, saw("absorption", 125)], [ABSORBED]).lost == []
