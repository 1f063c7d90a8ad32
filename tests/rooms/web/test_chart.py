"""What a story's chart is made of: all that happened has its bar, and a bar's cells are its own."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.journal.explain import explain
from bot.journal.place import place
from bot.web.chart import chart
from bot.web.view import View, Views
from tests.playing import Played


@pytest.fixture
def look(reviewed: Played) -> Iterator[tuple[Any, View]]:
    with Views().looking(place(reviewed.url)) as found:
        yield found


def test_all_that_happened_lies_on_the_axis_of_the_chart(reviewed: Played, look: tuple[Any, View]) -> None:
    reader, view = look
    for one in (*reviewed.round_trips, *reviewed.blocked):
        made = chart(explain(reader, one["id"]), reader, view)
        assert made is not None
        first = made["bars"][0]["time"]
        axis = range(first, made["until"] + 1, made["step"])
        spans = [made["bracket"], *made["blackouts"]]
        times = [part[name] for part in spans for name in ("from", "to")]
        times += [part["time"] for name in ("bars", "fills", "stops", "others") for part in made[name]]
        assert set(times) | {made["signal"]["time"]} <= set(axis)
        for bar in made["bars"]:
            prices = [row[0] for row in bar["rows"]]
            assert prices == sorted(prices)
            assert (bar["low"], bar["high"]) == (prices[0], prices[-1])
            assert bar["delta"] == sum(row[2] - row[1] for row in bar["rows"])
