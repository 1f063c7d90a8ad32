"""Settings that change while a desk trades: what is swapped, what is refused, and what a repetition makes of it."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.config import read_strategy
from bot.daemon import Asked, Outcome, Read
from bot.domain.command import Command
from bot.errors import ConfigError, PaperpitError
from bot.journal import canon, rows
from bot.journal.canonical import rows_of
from bot.journal.place import place
from bot.journal.reading import reading
from bot.risk.calendar import EventCalendar
from tests.laws.markets import DRILL
from tests.playing import strategy
from tests.stories.recording import asked, repeated, traded

SLOW = DRILL.replace("every = 2", "every = 30")
NASDAQ = SLOW.replace('"ES"', '"NQ"').replace("stop_ticks = 3", "stop_ticks = 8").replace("ticks = 4", "ticks = 12")
NONE = EventCalendar.load("none")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data folder of its own."""
    monkeypatch.setattr("bot.resources.data_folder", lambda: tmp_path)
    return tmp_path


def reload(nonce: str) -> Command:
    return Command("reload", nonce, 0, who="me")


def other(what: Asked, folder: Path, **texts: str) -> Read:
    """The same settings with other strategies, by file name."""
    specs = [read_strategy(strategy(folder, text, f"{name}.toml")) for name, text in texts.items()]
    return Read(replace(what, strategies=specs), NONE)


def cpi(ts: int) -> str:
    """One more row of a calendar."""
    at = datetime.fromtimestamp(ts // 10**9, ZoneInfo("America/New_York"))
    return (
        f"cpi,{at:%Y-%m-%d},{at:%H:%M},America/New_York,{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ},confirmed,me,my.csv\n"
    )


def results(live: Outcome) -> list[str]:
    with reading(place(live.journal)) as reader:
        return [row.result for row in reader.read(rows.Command, reader.choose(live.run))]


def revisions(live: Outcome) -> list[rows.ConfigRevision]:
    with reading(place(live.journal)) as reader:
        return reader.read(rows.ConfigRevision, reader.choose(live.run))


def risk(row: rows.Decision) -> tuple[str, int]:
    """Of which strategy, and how many ticks from entry to stop."""
    assert row.entry is not None
    assert row.stop is not None
    return row.strategy, row.side * (row.entry - row.stop)


def test_a_replay_goes_on_with_what_the_run_went_on_with(folder: Path) -> None:
    # given a desk whose strategy is changed, joined by another one, and taken away
    first = asked(folder)
    wider = SLOW.replace("stop_ticks = 3", "stop_ticks = 4")
    second = SLOW.replace("drill-law", "second")
    read = {
        "n1": other(first, folder, strategy=wider),
        "n2": other(first, folder, strategy=wider, second=second),
        "n3": other(first, folder, second=second),
    }
    told = {at: reload(nonce) for at, nonce in ((20_000, "n1"), (40_000, "n2"), (60_000, "n3"))}
    live = asyncio.run(traded(first, rows_seen=80_000, told=told, read=read))
    # then each of it was put in force, and what is sent goes by it
    assert results(live) == [
        "reloaded: strategy drill-law has changed",
        "reloaded: strategy second is new",
        "reloaded: strategy drill-law has gone",
    ]
    found = revisions(live)
    assert [row.strategies for row in found] == ['["drill-law"]', '["drill-law","second"]', '["second"]']
    with reading(place(live.journal)) as reader:
        decisions = reader.read(rows.Decision, reader.choose(live.run))
    assert {risk(row) for row in decisions if row.seq < found[0].seq} == {("drill-law", 3)}
    assert {risk(row) for row in decisions if row.seq > found[0].seq} == {("drill-law", 4), ("second", 3)}
    assert {row.strategy for row in decisions if row.seq > found[2].seq} == {"second"}
    # and its replay comes to the same
    outcome, differing = repeated(live.journal, live.run)
    assert differing == []
    assert [row.config_hash for row in revisions(outcome)] == [row.config_hash for row in found]


def written(live: Outcome) -> list[bytes]:
    """Every canonical row but commands and what the wall decides."""
    with reading(place(live.journal)) as reader:
        (run,) = reader.choose(live.run)
        tables = [name for name in rows.TABLES if name not in ("command", "mode_change", "heartbeat")]
        return [canon.of_row(table, row) for _, table, row in rows_of(reader, run, tables)]


def test_files_that_say_what_they_said_change_no_row_whenever_they_are_read(folder: Path) -> None:
    untold = written(asyncio.run(traded(asked(folder), rows_seen=20_000)))

    @settings(max_examples=4, deadline=None)
    @given(st.lists(st.integers(1, 19_000), min_size=1, max_size=3, unique=True))
    def law(moments: list[int]) -> None:
        first = asked(folder)
        told = {at: reload(f"n{at}") for at in moments}
        read = {f"n{at}": Read(first, NONE) for at in moments}
        live = asyncio.run(traded(first, rows_seen=20_000, told=told, read=read))
        assert set(results(live)) == {"nothing has changed: every file says what it said before"}
        assert written(live) == untold

    law()


GUARDED = SLOW + "[detectors.guard_trend]\nheld = 3\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (GUARDED, "ES: a guard watches from the beginning of a run, and cannot change: [detectors.guard_trend]"),
        (NASDAQ, "cannot change while a run lasts: strategy drill-law (its product is not on"),
    ],
)
def test_what_needs_another_market_or_other_guards_is_refused_whole(folder: Path, text: str, why: str) -> None:
    first = asked(folder)
    read: dict[str, Read | PaperpitError] = {"n1": other(first, folder, strategy=text)}
    read["n2"] = ConfigError("es.toml: no TOML")
    told = {5_000: reload("n1"), 6_000: reload("n2")}
    live = asyncio.run(traded(first, rows_seen=20_000, told=told, read=read))
    assert results(live)[0].startswith(f"refused: {why}")
    assert results(live)[1] == "refused: es.toml: no TOML"
    assert revisions(live) == []


def test_every_key_that_holds_as_long_as_the_process_is_named(folder: Path) -> None:
    first = asked(folder)
    keys = ("desk=two", "seed=9", "risk.max_daily_loss_usd=17")
    read = {"n1": Read(asked(folder, *keys), NONE)}
    live = asyncio.run(traded(first, rows_seen=20_000, told={5_000: reload("n1")}, read=read))
    assert results(live) == ["refused: cannot change while a run lasts: desk, seed"]


def heard(live: Outcome) -> list[rows.Signal]:
    with reading(place(live.journal)) as reader:
        return reader.read(rows.Signal, reader.choose(live.run))


EASY = "[detectors.absorption]\nz_min = {0}\nvolume_min = 20.0\nrho_min = 1.0\nshare_min = 0.5\n"


def test_a_threshold_that_is_changed_at_noon_holds_from_there_on(folder: Path) -> None:
    # given a desk whose absorptions hardly ever fire
    first = other(asked(folder), folder, strategy=SLOW + EASY.format("9.0")).asked
    read = {"n1": other(first, folder, strategy=SLOW + EASY.format("1.0"))}
    live = asyncio.run(traded(first, rows_seen=60_000, told={20_000: reload("n1")}, read=read))
    # when they may fire sooner
    (result,) = results(live)
    assert result == "reloaded: strategy drill-law has changed; ES: absorption 1s with other parameters"
    (revision,) = revisions(live)
    absorptions = [row for row in heard(live) if row.kind.startswith("absorption") and row.kind[-9:] != "rejection"]
    assert len([row for row in absorptions if row.seq > revision.seq]) > 3
    assert not [row for row in absorptions if row.seq < revision.seq]
    # then its repetition changes them at the same row
    outcome, differing = repeated(live.journal, live.run)
    assert differing == []
    assert [row.params_hash for row in heard(outcome)] == [row.params_hash for row in heard(live)]


def test_a_new_timeframe_is_silent_until_it_is_warm_and_a_repetition_keeps_silent_as_long(folder: Path) -> None:
    # given a desk that trades seconds, and is asked for minutes as well, then for minutes of other detectors only
    first = asked(folder)
    minutes = DRILL.replace("drill-law", "minutes").replace('timeframe = "1s"', 'timeframe = "1m"')
    fading = minutes + '[detectors.absorption]\ntau = "20s"\n[detectors.sweep]\nstep = "30s"\n'
    read = {
        "n1": other(first, folder, strategy=SLOW, minutes=minutes),
        "n2": other(first, folder, minutes=fading),
        "n3": other(first, folder, strategy=SLOW, minutes=fading),
    }
    told = {at: reload(nonce) for at, nonce in ((15_000, "n1"), (40_000, "n2"), (50_000, "n3"))}
    live = asyncio.run(traded(first, rows_seen=80_000, told=told, read=read))
    one, two, three = results(live)
    assert one.startswith("reloaded: strategy minutes is new; ES: bar 1m, absorption 1m")
    assert "new, silent until warm at" in one
    assert "absorption 1m" in two
    assert "absorption 1s" in three
    assert all("detectors-from" in json.loads(row.config) for row in revisions(live))
    with reading(place(live.journal)) as reader:
        decisions = reader.read(rows.Decision, reader.choose(live.run))
    assert {row.strategy for row in decisions if row.seq > revisions(live)[2].seq} == {"drill-law", "minutes"}
    # then the repetition is the same, row by row
    outcome, differing = repeated(live.journal, live.run)
    assert differing == []
    assert [(row.kind, row.ts, row.params_hash) for row in heard(outcome)] == [
        (row.kind, row.ts, row.params_hash) for row in heard(live)
    ]


def test_detectors_change_at_the_same_row_whenever_they_are_told(folder: Path) -> None:
    texts = [SLOW + EASY.format(z) for z in ("1.0", "2.0", "3.0")] + [
        SLOW.replace('timeframe = "1s"', 'timeframe = "5s"')
    ]

    @settings(max_examples=3, deadline=None)
    @given(st.lists(st.tuples(st.integers(1, 19_000), st.sampled_from(texts)), min_size=1, max_size=5))
    @example([(39, texts[3]), (41, texts[0])])  # two in one batch
    @example([(18_129, texts[3])])  # just before the desk is stopped
    def law(storm: list[tuple[int, str]]) -> None:
        first = asked(folder)
        told = {at: reload(f"n{at}") for at, _ in storm}
        read = {f"n{at}": other(first, folder, strategy=text) for at, text in storm}
        live = asyncio.run(traded(first, rows_seen=20_000, told=told, read=read))
        assert all(result.startswith(("reloaded", "nothing has changed")) for result in results(live))
        assert repeated(live.journal, live.run)[1] == []

    law()


LOOSER = "risk.exposure.x (looser than before"
GROUP = "{{weights = {{ES = {0}}}, max_usd = {1}00000}}"


@pytest.mark.parametrize(
    ("now", "later", "refused"),
    [
        ("max_daily_loss_usd=17", "max_daily_loss_usd=18", "risk.max_daily_loss_usd (looser than before)"),
        ("cooldown=5m", "cooldown=4m", "risk.cooldown (looser than before)"),
        ("account_usd=9000", "max_open_brackets=2", "risk.account_usd (looser than before)"),
        (
            "exposure.x=" + GROUP.format(1, 9),
            "exposure.x=" + GROUP.format(1, 10),
            LOOSER,
        ),
        ("exposure.x=" + GROUP.format(1, 9), "exposure.x=" + GROUP.format(2, 9), LOOSER),
        ("exposure.x=" + GROUP.format(1, 9), "max_open_brackets=2", LOOSER),
        ("exposure.x=" + GROUP.format(1, 9), "exposure.x=" + GROUP.format(1, 8), ""),
        ("max_daily_loss_usd=18", "max_daily_loss_usd=17", ""),
        ("on_operator_cancel=flatten", "on_operator_cancel=yield", "risk.on_operator_cancel (looser than before)"),
        ("on_operator_cancel=yield", "on_operator_cancel=reprotect", ""),
        ("max_order_messages_per_minute=9", "max_order_messages_per_minute=10", "per_minute (looser than before)"),
        ("cooldown=4m", "cooldown=5m", ""),
        ("max_open_brackets=2", "max_open_brackets=2", ""),
    ],
)
def test_a_limit_is_only_tightened_while_a_session_lasts(folder: Path, now: str, later: str, refused: str) -> None:
    first, second = asked(folder, f"risk.{now}"), asked(folder, f"risk.{later}")
    live = asyncio.run(traded(first, rows_seen=9_000, told={5_000: reload("n1")}, read={"n1": Read(second, NONE)}))
    (result,) = results(live)
    assert result.startswith("refused") is bool(refused)
    assert refused in result


def test_limits_follow(folder: Path) -> None:
    # given a desk that may lose little from some moment on
    first = asked(folder)
    read = {"n1": Read(asked(folder, "risk.max_brackets_per_day=1"), NONE)}
    live = asyncio.run(traded(first, rows_seen=40_000, told={20_000: reload("n1")}, read=read))
    # then what was sent before counts
    assert results(live) == ["reloaded: [risk] has changed"]
    assert live.tally.refusals["brackets_per_day"] > 0
    outcome, differing = repeated(live.journal, live.run)
    assert differing == []
    assert outcome.tally.refusals == live.tally.refusals


def test_what_a_strategy_left_is_looked_after_when_it_has_gone(folder: Path) -> None:
    # given a strategy that holds something for minutes, and is taken away meanwhile
    first = asked(folder, "risk.max_daily_loss_usd=100000")
    patient = SLOW.replace("9s", "10m").replace("stop_ticks = 3", "stop_ticks = 30").replace("ticks = 4", "ticks = 40")
    first = other(first, folder, strategy=patient.replace("offset_ticks = -1", "offset_ticks = 2")).asked
    read = {"n1": other(first, folder)}
    live = asyncio.run(traded(first, rows_seen=60_000, told={20_000: reload("n1")}, read=read))
    assert results(live) == ["reloaded: strategy drill-law has gone"]
    (revision,) = revisions(live)
    # then it wants nothing more, and what it held left by its own exits
    with reading(place(live.journal)) as reader:
        run = reader.choose(live.run)
        assert all(row.seq < revision.seq for row in reader.read(rows.Decision, run))
        fills = reader.read(rows.Fill, run)
        states = {row.bracket_id: row.state for row in reader.read(rows.BracketEvent, run)}
    assert sum(row.side * row.quantity for row in fills if row.seq < revision.seq) != 0
    assert sum(row.side * row.quantity for row in fills) == 0
    assert set(states.values()) <= {"closed", "cancelled"}
    assert {row.role for row in fills if row.seq > revision.seq} <= {"stop", "target", "flatten"}
    assert repeated(live.journal, live.run)[1] == []


def test_dates_of_another_calendar_close_entries_and_a_replay_follows(folder: Path) -> None:
    # given a desk with a calendar, whose person adds a report that comes in a minute
    known = EventCalendar.load(None)
    first = asked(folder)
    first = replace(first, bot=replace(first.bot, value=first.bot.value.model_copy(update={"calendar": None})))
    own = folder / "calendar.csv"
    live = asyncio.run(traded(first, rows_seen=10_000))
    with reading(place(live.journal)) as reader:
        last = max(row.ts for row in reader.read(rows.Decision, reader.choose(live.run)))
    at = last // 60_000_000_000 * 60_000_000_000
    own.write_text(known.text + cpi(at))
    newer = replace(first, bot=replace(first.bot, value=first.bot.value.model_copy(update={"calendar": str(own)})))
    read = {"n1": Read(newer, EventCalendar.load(str(own)))}
    # when it is told so
    live = asyncio.run(traded(first, rows_seen=60_000, told={5_000: reload("n1")}, read=read))
    assert "reloaded: the calendar has changed: 1 events are new (cpi" in results(live)[0]
    assert live.tally.refusals["blackout"] > 0
    assert repeated(live.journal, live.run)[1] == []
