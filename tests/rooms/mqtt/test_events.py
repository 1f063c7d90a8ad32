"""The journal told page by page: everything once, in order, in the shapes of the command line's lists."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from bot.domain.order import CommissionReport
from bot.journal import rows
from bot.journal.filters import Filters
from bot.journal.lists import list_blocked, list_fills, list_round_trips, list_signals
from bot.journal.place import place
from bot.journal.reading import Reader, reading
from bot.mqtt.events import BLACKOUT, BLOCKED, FILL, KINDS, LINK, NOTE, ORDER, ROUND_TRIP, SIGNAL, Event, page
from bot.mqtt.schemas import SCHEMAS
from bot.mqtt.topics import payload
from tests.laws.markets import DRILL, market
from tests.playing import play, strategy
from tests.rooms.journal.build import CPI, Told, the_lesson, writer


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("told")
    played = play(folder, market(3, rows=600), strategy(folder, DRILL))
    with reading(place(played.url)) as found:
        yield found


def told(reader: Reader, sizes: Iterator[int]) -> list[Event]:
    found, seq = list[Event](), 0
    while True:
        one = page(reader, seq, next(sizes))
        found += one.events
        if not one.whole:
            return found
        assert one.until > seq
        seq = one.until


@settings(max_examples=20, deadline=None)
@given(sizes=some.lists(some.integers(1, 300), min_size=1, max_size=4))
def test_however_it_is_cut_into_pages_the_same_is_told_in_the_same_order(reader: Reader, sizes: list[int]) -> None:
    def again() -> Iterator[int]:
        while True:
            yield from sizes

    whole, cut = told(reader, iter([1_000_000])), told(reader, again())
    assert [event.seq for event in cut] == sorted(event.seq for event in cut)
    for kind in KINDS:
        pieces, all_at_once = ([event.facts for event in found if event.kind == kind] for found in (cut, whole))
        if kind == ROUND_TRIP:  # comes again where more is told of it on another page: the newest holds
            assert {one["id"]: one for one in pieces} == {one["id"]: one for one in all_at_once}
        else:
            assert pieces == all_at_once


def without(shape: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in shape.items() if key not in keys}


def test_events_are_the_objects_of_the_command_lines_lists(tmp_path: Path) -> None:
    # given the lesson's trade, and a refusal
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    with writer(url) as journal:
        build = Told(journal)
        the_lesson(build)
        build.blocked(1_600, CPI)
        journal.note(journal.run, "slow", 7, "ann")
        journal.link_event("down", 8, "1100")
        journal.calendar_event("cpi", 9, 10, "bls-2026.csv", 9)
        journal.commit()
    with reading(place(url)) as reader:
        events, runs = told(reader, iter([1_000_000])), reader.runs
        lists = {SIGNAL: list_signals, BLOCKED: list_blocked, FILL: list_fills, ROUND_TRIP: list_round_trips}
        listed = {kind: list(made(reader, runs, Filters())) for kind, made in lists.items()}
        words = reader.read(rows.Order, runs) + reader.read(rows.OrderEvent, runs)
    # then each is as its schema says, and told as its list has it, without what is only known later
    for event in events:
        sent = json.loads(payload(seq=event.seq, after=None, **event.facts))
        jsonschema.validate(sent, SCHEMAS[f"event-{event.kind}"])
    said = {kind: [event.facts for event in events if event.kind == kind] for kind in KINDS}
    for kind, objects in listed.items():
        assert objects
        assert [without(one, "source", "corrects") for one in said[kind]] == [
            without(one, "tags", "notes", "outcome") for one in objects
        ]
    assert len(said[ORDER]) == len(words)
    assert [(one["subject"], one["text"], one["who"]) for one in said[NOTE]] == [(runs[0].run, "slow", "ann")]
    assert [(one["state"], one["code"]) for one in said[LINK]] == [("down", "1100")]
    assert [(one["kind"], one["from_ns"], one["to_ns"]) for one in said[BLACKOUT]] == [("cpi", 9, 10)]


def test_a_cost_that_is_told_later_brings_its_round_trip_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    with writer(url) as journal:
        build = Told(journal)
        bracket = build.bracket(0)
        build.fill(bracket.entry, 1, 16802)
        build.fill(bracket.target, 2, 16808)
    with reading(place(url)) as reader:
        before, seq = told(reader, iter([1_000_000])), reader.last_seq
        exec_id = reader.read(rows.Fill, reader.runs)[0].exec_id
    with writer(url) as journal:
        journal.commission(CommissionReport(exec_id, "2.25", "USD"))
        journal.commit()
    with reading(place(url)) as reader:
        after = page(reader, seq).events
    (first,) = [event.facts for event in before if event.kind == ROUND_TRIP]
    (again,) = [event.facts for event in after if event.kind == ROUND_TRIP]
    assert again["id"] == first["id"]
    assert again["commission"] != first["commission"]
