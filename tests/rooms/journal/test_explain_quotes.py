"""A market maker's round trip is told as one: what it quoted and why, what was pulled, and what it held."""

from pathlib import Path
from typing import Any

import pytest

from bot.journal.explain import explain
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.story import tell
from tests.laws.test_quotes import run
from tests.playing import Played


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Minutes of a busy little market, with a halt in them."""
    folder: Path = tmp_path_factory.mktemp("maker")
    return run(folder, 1)


def told(played: Played, row_id: str) -> tuple[dict[str, Any], list[str]]:
    with reading(place(played.url)) as reader:
        facts = explain(reader, row_id)
    return facts, tell(facts).splitlines()


def test_a_round_trip_of_quotes_has_no_plan_of_its_own(played: Played) -> None:
    """Given a maker's round trip, when it is told, then nothing is an entry, a target or a reward it had planned."""
    for trip in played.round_trips:
        facts, lines = told(played, trip["id"])
        story = "\n".join(lines)
        assert lines[0].startswith(f"Round trip {trip['id'].rpartition('-')[2]} of a maker: {trip['side'].upper()}")
        assert facts["round_trip"]["r_planned"] is None
        for false in ("reward", "target", "entry,", "journalled in one commit"):
            assert false not in story
        fills = [line for line in lines if "  fill  " in line]
        assert len(fills) == len(facts["fills"])
        assert fills[-1].endswith(", flat")
        assert not any(line.endswith(", flat") for line in fills[:-1])


def test_each_quote_says_what_its_price_is_made_of(played: Played) -> None:
    facts, lines = told(played, played.round_trips[0]["id"])
    story = [line.strip() for line in lines]
    first = facts["quotes"][0]
    assert any(line.endswith(f"{first['facts']['quote']} 1 @ {first['entry']}") for line in story)
    assert any(line.startswith("reservation price ") and "the middle " in line for line in story)
    assert any("ticks to either side" in line and "sigma" in line for line in story)
    assert any("  pulled  " in line and line.endswith(": another price is wanted") for line in lines)
    # every quote of the story was the gate's to judge, and all that was judged meanwhile is in it
    sent = {(order["side"], order["price"]) for order in facts["orders"] if order["role"] == "quote"}
    wanted = {("buy" if one["side"] == "long" else "sell", one["entry"]) for one in facts["quotes"]}
    assert sent <= wanted


def test_one_side_alone_is_told_by_its_name(played: Played) -> None:
    blocked = next(row for row in played.blocked if row["side"] == "short")
    _, lines = told(played, blocked["id"])
    assert lines[0].endswith("the ask of a maker in ES was refused")
    assert any(f"{blocked['reasons'][0]['rule']}: " in line for line in lines)
