"""Why was there no trade at 10:14? Whatever the reason was, one look says it.

The runs here are told: 25 May 2023, 09:30 New York is the second 0, and 10:14 the second 2640.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from bot.cli.journal import journal as commands
from bot.domain.command import Command
from bot.domain.decision import Blocked, Reason
from bot.errors import InputMissing, UsageError
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.shapes import SINGLE
from bot.resources import shipped
from bot.review.moment import moment
from bot.review.moment_words import tell
from bot.review.when import Asked, names_a_moment
from tests.rooms.journal.build import CL, ES, OPENING, SECOND, Told, Wall, writer

AT = 44 * 60  # 10:14
LATER = OPENING + 30 * 86_400 * SECOND
WIDE = Reason("spread", "3 ticks wide, limit 1", {"spread_ticks": 3})
NEWS = (
    "event,date_local,time_local,tz,ts_utc,status,source\n"
    "fomc_minutes,2023-05-25,10:15,America/New_York,2023-05-25T14:15:00Z,scheduled,told\n"
)
TEXTS = {
    "bot.toml": "",
    "calendar": "none",
    "strategies/lesson.toml": (
        'name = "lesson"\nstrategy = "absorption_reversal"\ninstrument = "ES"\n[bracket]\ncontracts = 1\n'
    ),
}

Say = Callable[[Told], None]


def nothing(told: Told) -> None:
    """Nobody said anything."""


def desk(url: str, say: Say, *, run: str = "live", opens: int = -600, closes: int = 23_400, **facts: Any) -> None:
    """A live run from `opens` to `closes`, seconds after 09:30."""
    wall = Wall(start=OPENING + opens * SECOND)
    changed = {"adapter": "ib", "account": "DU1234567", "config": TEXTS, "fill_model": "", **facts}
    with writer(url, run=run, wall=wall, **changed) as journal:
        journal.mode_change("trading", [], OPENING + opens * SECOND)
        journal.link_event("up", OPENING + opens * SECOND, "")
        say(Told(journal))
        wall.now = OPENING + closes * SECOND
        journal.finish({"rows": 360})


@pytest.fixture
def url(tmp_path: Path) -> str:
    """An absent journal."""
    return f"sqlite:///{tmp_path / 'journal.db'}"


def asked(url: str, text: str = "10:14", **more: Any) -> dict[str, Any]:
    """The facts of a moment."""
    with reading(place(url)) as reader:
        facts = moment(reader, reader.choose(more.pop("run", "all")), Asked(text, **{"now_ns": LATER, **more}))
    jsonschema.validate(facts, SINGLE["moment"])
    return facts


def said(url: str, text: str = "10:14", **more: Any) -> str:
    """The sentences that matter most."""
    return " ".join(asked(url, text, **more)["answer"])


def test_a_refusal_says_which_rule_and_why(url: str) -> None:
    desk(url, lambda told: (told.blocked(AT + 5, WIDE), None)[-1])
    facts = asked(url)
    assert facts["answer"][:3] == [
        "No order was sent.",
        "1 proposal was refused: spread (1).",
        "- 3 ticks wide, limit 1.",
    ]
    (decision,) = facts["decisions"]
    assert (decision["verdict"], decision["reasons"][0]["facts"]) == ("blocked", {"spread_ticks": 3})
    assert facts["signals"][0]["outcome"] == "blocked"
    text = tell(facts)
    assert text.startswith("10:14 New York, Thursday 25 May 2023 · run live (ib of lesson)")
    assert "paperpit journal explain --run live 2 tells one of them whole" in text
    assert "spread: 3 ticks wide, limit 1" in text
    # and a minute before there was nothing yet
    assert said(url, "10:13") == "No order was sent. No detector saw anything, and nothing was proposed."


def test_what_no_strategy_wanted_and_what_fell_short(url: str) -> None:
    def seen(told: Told) -> None:
        signal = told.signal(AT + 5, kind="sweep")
        told.journal.candidate(signal, "1m", told.contract)

    desk(url, seen)
    assert "What was seen (1 sweep) no strategy wanted: nothing was proposed." in said(url)
    assert len(asked(url)["candidates"]) == 1


def test_only_what_fell_short_is_no_signal(url: str) -> None:
    def weak(told: Told) -> None:
        seen = told.signal(AT - 600)
        told.journal.candidate(replace(seen, id=told.journal.next_id(), known=told.at(AT)), "1m", told.contract)

    desk(url, weak)
    assert "No signal: what was seen fell short of one (1)" in said(url)
    assert asked(url)["last_signal"]["ts_ns"] == OPENING + (AT - 600) * SECOND


def test_a_trade_is_told_as_one(url: str) -> None:
    def traded(told: Told) -> None:
        bracket = told.bracket(AT)
        told.fill(bracket.entry, AT + 20, 16802)

    desk(url, traded)
    facts = asked(url)
    assert facts["answer"] == [
        "1 entry was sent: BUY 1 ESM2023 limit 4200.50.",
        "Filled: BUY 1 ESM2023 @ 4200.50 (entry).",
    ]
    assert facts["held"] == []
    # and a minute later it is a position that was held, also by what a later run of the account knows
    assert "A position was held: long 1 ESM2023 of lesson since 2023-05-25 10:14:20 (bracket 3)." in said(url, "10:15")


def test_a_dry_run_sends_nothing(url: str) -> None:
    def wanted(told: Told) -> None:
        told.journal.decision(told.journal.next_id(), told.approved(told.signal(AT)), dry=True)

    desk(url, wanted, dry=True)
    assert said(url).startswith("1 proposal was approved and not sent: it is a dry run.")


def test_a_pause_is_told_with_its_reason_once(url: str) -> None:
    def paused(told: Told) -> None:
        told.journal.command(Command("pause", "n1", told.at(600), "lunch"), "paused: everything")
        told.journal.control("pause::", True, told.at(600), "lunch")
        told.journal.mode_change("no-entries", ["every entry is paused: lunch"], told.at(601))
        told.journal.control("pause::", False, told.at(AT + 600), "back")
        told.journal.mode_change("trading", [], told.at(AT + 600))

    desk(url, paused)
    assert said(url).endswith("The desk's mode was no-entries since 09:40:01.000: every entry is paused: lunch.")
    assert [one["key"] for one in asked(url)["closed"]] == ["pause::"]
    assert asked(url, "10:30")["closed"] == []
    assert [one["verb"] for one in asked(url, "9:40")["commands"]] == ["pause"]


def test_what_ends_within_the_minute_is_told_too(url: str) -> None:
    def kept(told: Told) -> None:
        told.journal.control("house.stall", True, told.at(AT - 5), "the process stood still for 6 s")
        told.journal.control("house.stall", False, told.at(AT + 1), "it is over")
        told.journal.control("feed.ES", "stale", told.at(AT - 60), "no tick for 30 s")
        told.journal.control("feed.ES", "live", told.at(AT - 30), "")

    desk(url, kept)
    assert "Closed by the house (stall) since 2023-05-25 10:13:55: the process stood still for 6 s." in said(url)
    assert [one["key"] for one in asked(url)["closed"]] == ["house.stall"]


def test_a_kill_switch_of_an_earlier_run_of_the_account_holds(url: str) -> None:
    desk(url, lambda told: told.journal.control("kill", True, told.at(30), "flatten: enough"), run="early", closes=60)
    desk(url, nothing, opens=120)
    assert "The kill switch was set since 2023-05-25 09:30:30: flatten: enough." in said(url)


@pytest.mark.parametrize(("value", "closed"), [(1, False), ("failed", True)])
def test_a_strategy_that_went_wrong_is_asked_until_it_has_failed(url: str, value: object, closed: bool) -> None:
    desk(url, lambda told: told.journal.control("strategy.lesson", value, told.at(30), "ZeroDivisionError"))
    assert ("Asked no more (lesson)" in said(url)) is closed


@pytest.mark.parametrize(("day", "closed"), [(20230525, True), (20230524, False)])
def test_an_end_of_the_day_closes_that_day_alone(url: str, day: int, closed: bool) -> None:
    desk(url, lambda told: told.journal.control("day_end", day, told.at(30), "the day's loss"))
    assert ("The day had ended" in said(url)) is closed


def test_a_link_that_was_down(url: str) -> None:
    desk(url, lambda told: told.journal.link_event("down", told.at(AT - 60), "socket closed"))
    assert "The link to the broker was down since 10:13:00.000: socket closed." in said(url)


def test_the_hours_of_the_strategy_and_of_the_exchange(url: str) -> None:
    desk(url, nothing, closes=40_000)
    assert "lesson: outside its regular hours, 09:30–15:45." in said(url, "15:50")
    assert "ES: the exchange was closed." in said(url, "17:30")
    assert asked(url, "9:31")["exchange"][0]["state"] == "regular"
    assert asked(url, "9:25")["exchange"][0]["state"] == "extended"


def test_news_are_told_by_the_calendar_of_the_run(url: str) -> None:
    desk(url, nothing, config={**TEXTS, "calendar": NEWS}, calendar="news.csv 1")
    assert "Blackout: FOMC minutes 2023-05-25 10:15 New York: no entries 10:10–10:30." in said(url)


def test_a_calendar_that_changed_while_the_run_lasted_is_the_one_that_held(url: str) -> None:
    desk(url, lambda told: told.journal.control("calendar", NEWS, told.at(0), "the calendar has changed"))
    assert "FOMC minutes" in said(url)
    assert "FOMC minutes" not in said(url, "9:25")


def test_texts_that_this_program_does_not_read_are_said(url: str) -> None:
    odd = {"bot.toml": "nonsense = 1\n", "calendar": "x", "strategies/odd.toml": "name = 'odd'\n"}
    desk(url, nothing, config=odd)
    assert [text.partition(":")[0] for text in asked(url)["unread"]] == [
        "its bot.toml",
        "its calendar",
        "strategies/odd.toml",
    ]


def test_nobody_was_there(url: str) -> None:
    desk(url, nothing, run="morning", closes=1_200)
    desk(url, nothing, run="noon", opens=10_000)
    facts = asked(url)
    assert facts["answer"] == [
        "No desk was there: the run before it had ended at 2023-05-25 09:50:00; "
        "the next one began at 2023-05-25 12:16:40."
    ]
    assert (facts["run"], facts["before"]["run"], facts["after"]["run"]) == (None, "morning", "noon")
    assert "run morning (ib of lesson), 2023-05-25 09:20:00 to 2023-05-25 09:50:00, finished" in tell(facts)


def test_a_run_that_was_cut_off_was_there_until_its_last_word(url: str) -> None:
    with writer(url, run="gone", wall=Wall(start=OPENING), adapter="ib", account="DU1", config=TEXTS) as journal:
        journal.heartbeat(OPENING + 600 * SECOND)
        journal.commit()
    assert "the run before it had been cut off at 2023-05-25 09:40:00" in said(url)
    assert asked(url, "09:39")["run"]["run"] == "gone"


def test_a_replay_is_where_its_tape_is_and_the_newest_is_asked(url: str) -> None:
    tape = {"name": "t", "rows": 1, "first_ns": OPENING, "last_ns": OPENING + 7_200 * SECOND}
    for run in ("one", "two"):
        with writer(url, run=run, wall=Wall(start=LATER + len(run)), config=TEXTS, tapes=[tape]) as journal:
            Told(journal).blocked(AT, WIDE)
            journal.finish({})
    assert asked(url)["run"]["run"] == "two"
    assert asked(url, run="one")["run"]["run"] == "one"
    assert "spread (1)" in said(url)
    assert "no mode is told" in tell(asked(url))
    # and what happened is asked before what a replay made of it
    desk(url, nothing)
    assert asked(url)["run"]["run"] == "live"


def test_a_made_market_is_where_its_rows_are(url: str) -> None:
    tapes = [{"name": "synthetic", "first_ns": OPENING, "last_ns": None}]
    with writer(url, run="made", wall=Wall(start=LATER), adapter="synthetic", config=TEXTS, tapes=tapes) as journal:
        Told(journal).blocked(AT, WIDE)
        journal.finish({})
    assert asked(url)["run"]["run"] == "made"
    assert asked(url, "10:20")["run"] is None


def test_a_day_is_an_exchange_session(url: str) -> None:
    desk(url, nothing, opens=-80_000, closes=400_000)
    at = {text: asked(url, text, day="2023-05-26")["from_ns"] for text in ("10:14", "19:00")}
    assert at["10:14"] == OPENING + (86_400 + AT) * SECOND
    # Thursday evening belongs to Friday
    assert at["19:00"] == OPENING + 34_200 * SECOND
    assert asked(url, "10:14", day="2023-05-28")["from_ns"] == OPENING + (3 * 86_400 + AT) * SECOND  # a Sunday
    assert asked(url, "10:14", day="yesterday", now_ns=OPENING + 86_400 * SECOND)["from_ns"] == OPENING + AT * SECOND


def test_without_a_day_it_is_the_last_one_that_was_traded_and_never_to_come(url: str) -> None:
    desk(url, nothing, closes=600)
    assert asked(url)["from_ns"] == OPENING + AT * SECOND
    assert asked(url, now_ns=OPENING + 700 * SECOND)["from_ns"] == OPENING + (AT - 86_400) * SECOND


def test_a_second_and_a_whole_date_can_be_asked_for(url: str) -> None:
    desk(url, lambda told: (told.blocked(AT + 5, WIDE), None)[-1])
    second = asked(url, "10:14:05")
    assert (second["to_ns"] - second["from_ns"], len(second["decisions"])) == (SECOND, 1)
    assert asked(url, "2023-05-25T14:14Z")["from_ns"] == OPENING + AT * SECOND
    assert asked(url, "2023-05-25 10:14")["from_ns"] == OPENING + AT * SECOND
    assert tell(second).startswith("10:14:05 New York")


def test_one_instrument_of_several(url: str) -> None:
    def both(told: Told) -> None:
        told.blocked(AT, WIDE)
        Told(told.journal, instrument=1, contract="CLN2023").blocked(AT + 1, WIDE)

    desk(url, both, instruments=(ES, CL))
    assert [one["instrument"] for one in asked(url)["decisions"]] == ["ES", "CL"]
    assert [one["instrument"] for one in asked(url, instrument="CLN2023")["decisions"]] == ["CL"]
    assert [one["instrument"] for one in asked(url, instrument="CL")["exchange"]] == ["CL"]
    with pytest.raises(InputMissing, match="had no instrument 'NQ'"):
        asked(url, instrument="NQ")
    with pytest.raises(InputMissing, match="had no instrument 'NQ'"):
        asked(url, instrument="NQ", day="2023-05-25")


@pytest.mark.parametrize("text", ["25:00", "10:61", "10:14:99", "ten:14", "2023-13-01T10:14", "9999-12-31T23:59", ":"])
def test_what_is_no_time_is_refused(url: str, text: str) -> None:
    desk(url, nothing)
    assert names_a_moment(text)
    with pytest.raises(UsageError):
        asked(url, text)


def test_a_session_out_of_reach_is_refused(url: str) -> None:
    desk(url, nothing)
    with pytest.raises(UsageError, match="out of reach"):
        asked(url, day="0001-01-01")


def test_an_empty_journal_says_what_to_do(url: str) -> None:
    desk(url, nothing)
    with reading(place(url)) as reader, pytest.raises(InputMissing, match="holds no run"):
        moment(reader, [], Asked("10:14"))


def test_the_command_tells_people_and_programs(url: str) -> None:
    desk(url, lambda told: (told.blocked(AT + 5, WIDE), None)[-1])
    words = ["explain", "10:14", "--journal", url, "--day", "2023-05-25"]
    called = CliRunner().invoke(commands, words)
    assert called.exit_code == 0, called.output
    assert "1 proposal was refused: spread (1)." in called.output
    assert json.loads(CliRunner().invoke(commands, [*words, "--json"]).stdout)["kind"] == "moment"


def test_the_shipped_strategy_is_judged_as_it_is(url: str) -> None:
    name = "strategies/es-open-absorption.toml"
    desk(url, nothing, config={**TEXTS, name: (shipped("config") / name).read_text()})
    assert asked(url)["unread"] == []
    assert [one["strategy"] for one in asked(url)["strategies"]] == ["es-open-absorption", "lesson"]


def test_days_and_instruments_go_with_times_alone(url: str) -> None:
    desk(url, lambda told: (told.blocked(AT, WIDE), None)[-1])
    called = CliRunner().invoke(commands, ["explain", "2", "--journal", url, "--day", "today"])
    assert isinstance(called.exception, UsageError)


def test_two_verdicts_of_one_minute_are_both_told(url: str) -> None:
    def both(told: Told) -> None:
        told.bracket(AT)
        signal = told.signal(AT + 30)
        told.journal.decision(told.journal.next_id(), Blocked(told.proposal(signal), signal.known, (WIDE,)))

    desk(url, both)
    assert [one["verdict"] for one in asked(url)["decisions"]] == ["approved", "blocked"]
