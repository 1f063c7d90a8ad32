"""What a day is judged by can fail: each thing that is wrong is found, and nothing is on the twin of that day."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.realday import verdict
from tests.realday.day import Day, Moment
from tests.realday.ledger import Ledger
from tests.realday.plan import SECOND_NS, Plan

BEGINS = 1_795_000_000 * SECOND_NS
PLAN = Plan.of(BEGINS, 0, 15 * SECOND_NS)
TRIPS = [("holds", "session"), ("leaves", "session"), ("leaves", "blackout"), ("trades", "stop")]


def order(ts: int) -> dict[str, Any]:
    """An entry, as the exchange accepts it."""
    said = {"action": "BUY", "type": "LMT", "quantity": "1", "limit": "4200.50", "stop": None, "parent": 0}
    told = {"event": "order", "wall": ts, "perm_id": ts, "ref": str(ts), "contract": "MESZ2026", "order": said}
    return {**told, "filled": 0, "remaining": 1, "state": "Submitted"}


def execution(ts: int) -> dict[str, Any]:
    """It fills."""
    done = {"exec_id": "1", "side": "BOT", "quantity": "1", "price": "4200.50"}
    told = {"event": "exec", "wall": ts, "perm_id": ts, "ref": str(ts), "contract": "MESZ2026", "exec": done}
    return {**told, "filled": 1, "remaining": 0}


def good() -> list[int]:
    """When entries were approved: once in each time in which they are open."""
    return [(one.since + one.until) // 2 for one in PLAN.open if one.until > one.since]


def day(folder: Path, entries: list[int]) -> Day:
    """A day with these entries at the exchange, the last of them held."""
    path = folder / "ledger.jsonl"
    lines = [*(order(ts) for ts in entries), execution(entries[-1])]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return Day(PLAN, folder, Ledger(path).catch_up(), print)


def trips(*without: tuple[str, str], more: tuple[tuple[str, str], ...] = ()) -> list[dict[str, Any]]:
    return [{"strategy": who, "exit_reason": why} for who, why in (*TRIPS, *more) if (who, why) not in without]


def blocked(*times: int) -> list[dict[str, Any]]:
    return [{"ts_ns": str(ts), "reasons": [{"rule": "blackout"}]} for ts in times]


def moment(late_s: float | None, what: str = "session: out: MES") -> list[Moment]:
    return [Moment(what, BEGINS, None if late_s is None else BEGINS + int(late_s * SECOND_NS))]


INSIDE = [one.since + 3 * SECOND_NS // 2 for one in PLAN.shut]


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        (
            lambda d: verdict.late(replace(d, moments=moment(0.9)), 1.0),
            lambda d: verdict.late(replace(d, moments=moment(1.1)), 1.0),
            "1.1 s late",
        ),
        (
            lambda d: verdict.late(replace(d, moments=moment(9, "the desk stands")), 1.0),
            lambda d: verdict.late(replace(d, moments=moment(None, "the desk stands")), 1.0),
            "inf s late",
        ),
        *(
            (
                lambda d: verdict.shut(d, good(), 0),
                lambda d, ts=ts: verdict.shut(d, [*good(), ts], 0),
                "1 entries approved",
            )
            for ts in INSIDE
        ),
        (lambda d: verdict.unused(d, good()), lambda d: verdict.unused(d, good()[1:]), "not one entry"),
        (lambda d: verdict.left(d, trips()), lambda d: verdict.left(d, trips(("holds", "session"))), "left when"),
        (
            lambda d: verdict.left(d, trips()),
            lambda d: verdict.left(d, trips(more=(("holds", "blackout"),))),
            "left when",
        ),
        (
            lambda d: verdict.refused(d, blocked(INSIDE[0], INSIDE[-1])),
            lambda d: verdict.refused(d, blocked(INSIDE[0])),
            "refused nothing",
        ),
    ],
)
def test_one_wrong_thing_is_found_and_its_twin_is_not(
    tmp_path: Path, right: Callable[[Day], Iterator[str]], wrong: Callable[[Day], Iterator[str]], words: str
) -> None:
    one = day(tmp_path, good())
    assert list(right(one)) == []
    (found,) = wrong(one)
    assert words in found


@pytest.mark.parametrize("ts", INSIDE)
def test_an_entry_that_reaches_the_exchange_when_entries_are_shut_is_found(tmp_path: Path, ts: int) -> None:
    (found,) = verdict.shut(day(tmp_path, [*good(), ts]), good(), SECOND_NS)
    assert "1 entries at the exchange" in found
