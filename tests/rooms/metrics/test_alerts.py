"""Each alert rule is silent over a desk that is well, and fires when what it is for happens.

Method: what a real desk said of itself, changed in the one way that the rule looks for, goes through the real exporter;
the rule's own expression is evaluated over the two. How long it must last (`for`) is Prometheus's own work.
"""

import asyncio
import os
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.samples import Sample

from bot import control
from bot.daemon import Daemon
from bot.journal.place import place
from bot.metrics import Exposition
from tests.rooms.desk.test_daemon import asked
from tests.rooms.metrics.desk import samples
from tests.rooms.metrics.promql import evaluate

RULES = Path(__file__).parents[3] / "docs/prometheus/alerts.yml"
ALERTS = {rule["alert"]: rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]}
NOW_S, DAY_S, SECOND_NS = 1_800_000_000.0, 86_400, 1_000_000_000
Status = dict[str, Any]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Status:
    """What a desk said of itself at the end of a run, as well as a desk can be."""
    folder = tmp_path_factory.mktemp("desk")

    async def trade() -> Status:
        daemon = Daemon(asked(folder))
        async with daemon.answering(), daemon.run() as run:
            await run.trade()
            return daemon.status()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(control, "data_folder", lambda: folder)
        status = asyncio.run(trade())
    well = {"state": "trading", "mode": "trading", "link": "up", "causes": []}
    return {
        **status,
        **well,
        "next_session_ns": int(NOW_S + DAY_S) * SECOND_NS,
        "calendar_until": {"CPI": "2027-12-31"},
    }


class Watched:
    """A desk's exporter, and what Prometheus read of it before and now."""

    def __init__(self, folder: Path, status: Status) -> None:
        self._exposition = Exposition(lambda: place(str(folder / "journal.db")))
        self.before = self.after(status)

    def after(self, status: Status) -> list[Sample]:
        """What it exports when the desk has said so."""
        self._exposition.see(status)
        return samples(self._exposition.text().decode())


def cause(rule: str) -> Callable[[Status], object]:
    one = {"rule": rule, "strategy": "drill-law", "message": "", "mode": "no-entries"}
    return lambda status: status["causes"].append(one)


def _begins_soon(status: Status) -> None:
    status["next_session_ns"] = int(NOW_S + 1_200) * SECOND_NS
    cause("pause")(status)


def _late(status: Status) -> None:
    status["loop"] = {**status["loop"], "counts": [count + 10 for count in status["loop"]["counts"]]}


def _silent(status: Status) -> None:
    status["contracts"][0]["last_tick_age_ms"] = 90_000


BROKEN: dict[str, Callable[[Status], object]] = {
    "NotReadyBeforeSession": _begins_soon,
    "LoginNeeded": lambda status: status.update(mode="refused"),
    "KillSwitch": cause("kill_switch"),
    "LossLimit": cause("daily_loss"),
    "LinkDown": lambda status: status.update(link="down"),
    "FeedSilent": _silent,
    "CalendarRunsOut": lambda status: status["calendar_until"].update(CPI="2027-01-20"),
    "JournalNotWritten": lambda status: status["health"].update(journal="disk full"),
    "LoopLag": _late,
    "ClockDrift": lambda status: status["health"].update(clock_offset_ms=-1_500),
    "RecordingStopped": lambda status: status.update(recording="the disk is full"),
    "BackupFailed": lambda status: status.update(backup="the disk is full"),
    "NobodyIsCalled": lambda status: status.update(notices={"sent": 1, "waiting": 2, "trouble": "no route"}),
    "MessageBrokerAway": lambda status: status.update(mqtt={"connected": False, "seq": 7}),
}
"""Alert → what happens to the desk."""
OTHERWISE = {"DeskGone", "NakedPosition", "LoopStands", "DiskNearlyFull", "DataDiskNearlyFull", "BackupOld"}
"""What no word of the desk brings; each has a test of its own."""


def fires(name: str, now: list[Sample], before: list[Sample]) -> bool:
    return bool(evaluate(ALERTS[name]["expr"], now, before, NOW_S))


def test_every_alert_has_its_test_and_says_what_to_do() -> None:
    assert ALERTS.keys() == BROKEN.keys() | OTHERWISE
    assert all(rule["annotations"].keys() == {"summary", "do"} for rule in ALERTS.values())


@pytest.mark.parametrize("name", BROKEN)
def test_an_alert_fires_when_what_it_is_for_happens_and_only_then(name: str, tmp_path: Path, told: Status) -> None:
    watched = Watched(tmp_path, deepcopy(told))
    well = watched.after(deepcopy(told))
    assert [other for other in ALERTS if other != "DeskGone" and fires(other, well, watched.before)] == []
    broken = deepcopy(told)
    BROKEN[name](broken)
    assert fires(name, watched.after(broken), watched.before)


def test_a_position_without_a_stop_is_counted_from_when_it_was_seen(tmp_path: Path, told: Status) -> None:
    watched = Watched(tmp_path, deepcopy(told))
    naked = {**told, "positions": [{"stop_price": None, "open_r": None}]}
    watched.after(naked)
    (first,), (later,) = (
        list(evaluate("paperpit_naked_position_seconds", watched.after(naked), [], NOW_S).values()) for _ in range(2)
    )
    assert 0 < first < later
    held = [Sample("paperpit_naked_position_seconds", {"desk": "d"}, 3.0)]
    assert fires("NakedPosition", held, [])
    # and it is over when it has one
    assert not fires("NakedPosition", watched.after(told), [])


@pytest.mark.parametrize(
    ("name", "metric", "value"),
    [
        ("LoopStands", "paperpit_status_age_seconds", 11.0),
        ("DiskNearlyFull", "paperpit_journal_disk_free_bytes", 1e9),
        ("DataDiskNearlyFull", "paperpit_data_disk_free_bytes", 1e9),
        ("BackupOld", "paperpit_backup_timestamp_seconds", NOW_S - 5 * DAY_S),
    ],
)
def test_what_the_machine_brings_is_called_for(name: str, metric: str, value: float) -> None:
    assert fires(name, [Sample(metric, {"desk": "d"}, value)], [])


def test_a_desk_that_is_gone_is_prometheus_s_own_finding() -> None:
    assert fires("DeskGone", [Sample("up", {"job": "paperpit"}, 0.0)], [])


def test_the_journal_s_file_and_its_copies_are_measured(tmp_path: Path, told: Status) -> None:
    (tmp_path / "journal.db").write_bytes(b"x" * 10)
    (tmp_path / "backups").mkdir()
    copy = tmp_path / "backups/journal-2026-11-25.db"
    copy.touch()
    os.utime(copy, (NOW_S, NOW_S))
    found = {one.name: one.value for one in Watched(tmp_path, told).before}
    assert found["paperpit_journal_size_bytes"] == 10
    assert found["paperpit_backup_timestamp_seconds"] == NOW_S
    assert found["paperpit_journal_disk_free_bytes"] > 0
    assert found["paperpit_data_disk_free_bytes"] > 0
    assert found["paperpit_journal_readable"] == 0
