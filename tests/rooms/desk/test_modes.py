"""How much a desk may do: the worst of all causes, each of them told, and a journal that goes and comes back."""

import resource
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import sleep

import pytest
import time_machine

from bot.domain.mode import UNSURE_NS, Mode, mode_of, worst
from bot.journal import rows
from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import reading
from tests.laws.markets import DRILL
from tests.rooms.desk.live import run
from tests.rooms.desk.test_live import busy, command
from tests.tapes import ns


@pytest.fixture
def disk(tmp_path: Path) -> Iterator["Disk"]:
    """A disk that can be full for a while."""
    one = Disk(tmp_path / "journal.db-wal")
    yield one
    one.empties()


class Disk:
    """Files of this process cannot grow beyond what the journal has by then."""

    def __init__(self, file: Path) -> None:
        self._file, self._before = file, resource.getrlimit(resource.RLIMIT_FSIZE)

    def fills(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (self._file.stat().st_size, self._before[1]))

    def empties(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)
        sleep(1.05)  # it is tried again once a second of the wall's


def test_the_worst_of_several_causes_is_the_mode() -> None:
    assert worst([]) is Mode.TRADING
    assert worst([mode_of("pause"), mode_of("link"), mode_of("kill_switch")]) is Mode.BLIND
    assert worst([mode_of("pause"), mode_of("journal")]) is Mode.PROTECT_ONLY
    assert mode_of("blackout") is Mode.NO_ENTRIES


def test_what_is_uncertain_for_half_a_minute_leaves_protection_only() -> None:
    assert mode_of("reconciled", UNSURE_NS - 1) is Mode.NO_ENTRIES
    assert mode_of("reconciled", UNSURE_NS) is Mode.PROTECT_ONLY


def test_status_names_the_mode_and_every_cause(tmp_path: Path) -> None:
    # given a pause, and then a link that is down
    said = {6: command("pause", "a", reason="lunch"), 9: command("status", "b"), 16: command("status", "c")}
    live = run(tmp_path, busy(), DRILL, commands=said, says=["10:00:05 link down 1100"])
    # then the milder one makes the mode until the worse one comes, and both are told
    assert (live.told[9]["mode"], live.told[9]["state"]) == ("no-entries", "paused")
    told = live.told[16]
    assert (told["mode"], told["contracts"][0]["mode"]) == ("blind", "blind")
    assert any("lunch" in reason for reason in told["reasons"])
    assert any("1100" in reason for reason in told["reasons"])
    # as sentences, and as data
    assert {(one["rule"], one["mode"]) for one in told["causes"]} >= {("link", "blind"), ("pause", "no-entries")}
    assert {one["message"] for one in told["causes"]} <= set(told["reasons"])
    assert live.modes == ["trading", "no-entries", "blind"]


def test_a_disk_that_is_full_for_a_while_ends_nothing_and_loses_nothing(tmp_path: Path, disk: "Disk") -> None:
    # given a desk whose disk fills up in the middle of its trading
    full = {10: disk.fills, 26: disk.empties}
    live = run(tmp_path, busy(40), DRILL, happens=full, commands={20: command("status")})
    # then it says so at once, sends nothing new, and goes on when there is room again
    assert live.told[20]["mode"] == "protect-only"
    assert any("the journal cannot be written" in reason for reason in live.told[20]["reasons"])
    assert live.modes[:3] == ["trading", "protect-only", "trading"]
    assert any(notice.startswith("the journal cannot be written: ") for notice in live.notices)
    assert "the journal is written again, and nothing is lost" in live.notices
    # and every row that was kept meanwhile is there
    assert live.played.outcome.ended == "market"
    assert len({row.ts for row in live.rows(rows.Signal)}) == live.played.outcome.tally.signals.total()
    with reading(place(live.played.url)) as reader:
        assert check(reader) == []


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_clock_that_is_set_closes_entries_until_it_has_been_measured(tmp_path: Path, seconds: int) -> None:
    # given a broker that tells its time, and a clock that is set by an hour
    says = ["10:00:02 clock 5", "10:00:12 clock 5"]
    with time_machine.travel(datetime(2026, 5, 28, 2, tzinfo=UTC)) as now:
        live = run(tmp_path, busy(), DRILL, says=says, wall=True, happens={8: lambda: now.shift(seconds)})
    # then that is said, and entries wait for the next measurement
    told = f"the wall's clock was set by {seconds:+.1f} s; no entries until it has been held against the broker's"
    assert told in live.notices
    assert [row.value for row in live.rows(rows.Control) if row.key == "house.clock"] == ["true", "false"]
    refused = [row["ts_ns"] for row in live.played.blocked if "house" in {one["rule"] for one in row["reasons"]}]
    assert refused
    assert max(refused) < ns("2026-05-27 10:00:13")


def test_a_broker_that_wants_a_pause_gets_it_and_nothing_else_changes(tmp_path: Path) -> None:
    says = ["10:00:04 pause pacing 5 no entries for a while"]
    live = run(tmp_path, busy(), DRILL, says=says, commands={14: command("status")})
    assert live.told[14]["mode"] == "no-entries"
    assert "no entries for a while" in live.told[14]["reasons"]
    assert live.modes == ["trading", "no-entries", "trading"]
    refused = [row["ts_ns"] for row in live.played.blocked if "house" in {one["rule"] for one in row["reasons"]}]
    assert refused
    assert all(ns("2026-05-27 10:00:04") <= ts < ns("2026-05-27 10:00:11") for ts in refused)
