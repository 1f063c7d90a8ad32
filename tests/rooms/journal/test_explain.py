"""A round trip, a refusal and a signal are told as a story with their numbers; any id of it finds it."""

from typing import Any

import pytest

from bot.domain.decision import Reason
from bot.domain.order import BracketState, OrderReport, OrderState
from bot.errors import InputMissing
from bot.journal.explain import explain
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.show import find
from bot.journal.story import tell
from bot.review.moment import moment
from bot.review.when import Asked
from tests.rooms.journal.build import CPI, MINUTE, OPENING, Told, the_lesson, writer

BAR = {
    "timeframe": MINUTE,
    "end": OPENING,
    "cells": [[16799, 20, 0, 0], [16800, 100, 30, 0], [16801, 244, 0, 0], [16802, 40, 60, 0], [16803, 0, 70, 5]],
}


def facts(url: str, row_id: str) -> dict[str, Any]:
    """What the journal knows about one story."""
    with reading(place(url)) as reader:
        return explain(reader, row_id)


def test_a_round_trip_reads_like_a_story(url: str) -> None:
    with writer(url, run="run") as journal:
        told = Told(journal)
        bracket = the_lesson(told)
        journal.footprint(bracket.approved.proposal.signal_id, BAR)
        journal.finish({})
    lines = tell(facts(url, bracket.id)).splitlines()
    story = [line.strip() for line in lines]
    assert (
        lines[0]
        == "Round trip 3: LONG 1 ES (ESM2023), 4200.50 → 4202.00, +6 ticks, +2.00 R gross, +1.89 R and +70.88 USD net"
    )
    assert lines[1] == "lesson · run run (replay of lesson, fills by the queue model)"
    for line in (
        "Thursday 25 May 2023, New York",
        "09:41:00.000  signal    absorption_rejection, long at 4200.25 on the 1m bar, strength 0.84, "
        "known 250 ms later",
        "atr_ticks 3.5 · cluster_low 4200.00 · share 0.72 · volume 244",
        "09:41:00.250  wanted    BUY 1 limit 4200.50, stop 4199.75 (3 ticks), target 4202.00 (6 ticks), reward:risk 2",
        "because sellers were absorbed at 4200.25",
        "09:41:30.000  fill      BUY 1 @ 4200.50 (entry)",
        "09:55:50.000  fill      SELL 1 @ 4202.00 (target)",
        "money  +6 × 12.50 × 1 = 75.00, less 4.12 commission = +70.88 USD",
        "R      +6 ÷ 3 ticks at risk (4200.50 to the first stop, 4199.75) = +2.00 R; +1.89 R net; reward:risk was 2",
        "path   at worst 1 tick against, at best 6 for it, held 14 min 20 s, left by target",
        "4200.25 │ 244 │   0   ← signal",
        "4200.50 │  40 │  60   ← entry",
        "4199.75 │  20 │   0   ← stop",
    ):
        assert line in story


def test_a_refusal_tells_every_reason_with_its_numbers(url: str) -> None:
    with writer(url) as journal:
        decision = Told(journal).blocked(0, CPI, Reason("spread", "3 ticks wide", {"spread_ticks": 3, "limit": 2}))
    text = tell(facts(url, decision))
    assert text.startswith("Blocked 2: LONG ES (ESM2023) was not taken, for 2 reasons")
    assert "refused   blackout: CPI at 08:30 closes entries 08:25–08:45" in text
    assert "kind cpi · source bls-2026.csv" in text
    assert "spread: 3 ticks wide" in text
    assert "spread ticks 3" in text


def test_every_id_of_a_story_finds_it(url: str) -> None:
    with writer(url) as journal:
        told = Told(journal)
        bracket = told.bracket(0)
        fill = told.fill(bracket.entry, 1, 16802)
        told.fill(bracket.target, 2, 16808)
    with reading(place(url)) as reader:
        decision = find(reader, bracket.id)["decision_id"]
    ids = [bracket.id, decision, bracket.approved.proposal.signal_id, bracket.stop.client_order_id, fill]
    assert {facts(url, row_id)["id"] for row_id in ids} == {bracket.id}
    assert {facts(url, row_id)["kind"] for row_id in ids} == {"round-trip"}


def test_a_signal_that_nobody_wanted_says_so(file_url: str) -> None:
    with writer(file_url) as journal:
        signal = Told(journal).signal(0, kind="sweep", side=-1)
        journal.commit()
    told = facts(file_url, signal.id)
    assert (told["kind"], told["signal"]["outcome"], told["decisions"]) == ("signal", "unused", [])
    assert "which no strategy wanted" in tell(told)


def test_an_entry_that_was_never_filled_says_why_it_ended(file_url: str) -> None:
    with writer(file_url) as journal:
        told = Told(journal)
        bracket = told.bracket(0)
        at = told.at(120)
        journal.order_event(OrderReport(bracket.entry.client_order_id, OrderState.CANCELLED, at, "77", "ttl of 2m"))
        journal.bracket_state(bracket.id, BracketState.CANCELLED, at, "ttl")
        journal.commit()
    text = tell(facts(file_url, bracket.id))
    assert "entry cancelled: ttl of 2m" in text
    assert text.endswith("Nothing was filled; the bracket is cancelled (ttl).")


def test_a_position_still_held_is_no_round_trip(file_url: str) -> None:
    with writer(file_url) as journal:
        told = Told(journal)
        bracket = told.bracket(0)
        told.fill(bracket.entry, 1, 16803)
    told_facts = facts(file_url, bracket.id)
    assert (told_facts["kind"], told_facts["round_trip"]) == ("bracket", None)
    text = tell(told_facts)
    assert "BUY 1 @ 4200.75 (entry), 1 tick worse than 4200.50" in text
    assert "not closed by fills" in text


def test_a_dry_approval_says_that_nothing_was_sent(file_url: str) -> None:
    with writer(file_url, dry=True) as journal:
        told = Told(journal)
        decision = journal.next_id()
        journal.decision(decision, told.approved(told.signal(0)), dry=True)
        journal.commit()
    text = tell(facts(file_url, decision))
    assert text.startswith("Dry run, decision")
    assert "approved, not sent: a dry run" in text


def test_an_exit_at_market_is_told_with_its_reason(file_url: str) -> None:
    with writer(file_url) as journal:
        told = Told(journal)
        bracket = told.bracket(0)
        told.fill(bracket.entry, 1, 16802)
        told.fill(told.flatten(bracket, 1200, "time"), 1201, 16801)
    text = tell(facts(file_url, bracket.id))
    assert "order     SELL 1 at market (time)" in text
    assert "fill      SELL 1 @ 4200.25 (time)" in text
    assert "left by time" in text


def test_a_long_ladder_shows_the_prices_around_the_signal(file_url: str) -> None:
    with writer(file_url) as journal:
        told = Told(journal)
        bracket = the_lesson(told)
        cells = [[price, 1, 1, 0] for price in range(16750, 16850)]
        journal.footprint(bracket.approved.proposal.signal_id, {"end": OPENING, "cells": cells})
        journal.finish({})
    ladder = [line for line in tell(facts(file_url, bracket.id)).splitlines() if "│" in line]
    assert len(ladder) == 17
    assert any("← signal" in line for line in ladder)


def test_a_row_is_shown_whole(url: str) -> None:
    with writer(url, run="run") as journal:
        decision = Told(journal).blocked(0)
    with reading(place(url)) as reader:
        shown = find(reader, decision)
        assert (shown["table"], shown["verdict"], shown["entry"]) == ("decision", "blocked", 16802)
        assert shown["reasons"][0]["rule"] == "blackout"
        assert find(reader, "run")["config"] == {"bot.toml": 'adapter = "replay"\n'}
        with pytest.raises(InputMissing, match="no row run-99"):
            find(reader, "run-99")
        with pytest.raises(InputMissing, match="run-99"):
            explain(reader, "run-99")


def test_a_moment_is_told_from_either_database(url: str) -> None:
    with writer(url, run="run") as journal:
        Told(journal).blocked(44 * 60, CPI)
        journal.finish({})
    with reading(place(url)) as reader:
        found = moment(reader, reader.choose("all"), Asked("10:14"))
    assert found["answer"][:2] == ["No order was sent.", "1 proposal was refused: blackout (1)."]
