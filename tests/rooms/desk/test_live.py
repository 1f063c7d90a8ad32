"""A desk on a wire: what closes it to entries, what a person tells it, and how it ends."""

from pathlib import Path

import numpy as np
import pytest

from bot.desk import Desk, Tally
from bot.domain.command import Command
from bot.domain.market import TICK
from bot.errors import UsageError
from bot.journal import rows
from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import reading
from tests.laws.markets import DRILL
from tests.playing import Played, play, strategy
from tests.rooms.desk.live import run
from tests.rooms.journal.build import OPENING, Told, Wall, writer
from tests.tapes import Tape, ns

DAY = "2026-05-27"
ANYTIME = DRILL
CONTRACT = {
    *("state", "reasons", "account", "positions", "working_orders", "link", "lag_ms", "next_blackout", "day"),
    *("strategies", "contracts", "room", "health"),
}  # fmt: skip


def busy(seconds: int = 20, start: str = f"{DAY} 10:00") -> Tape:
    """Bars in which something trades, one a second: the drill wants an entry at every second of them."""
    tape = Tape(start=start).quote("4200.50", "4200.75")
    for _ in range(seconds):
        tape.bought(1, "4200.75").wait(1)
    return tape


def command(verb: str, nonce: str = "n-1", **told: object) -> Command:
    return Command(verb, nonce, 0, **told)  # type: ignore[arg-type]


def test_without_a_link_no_entry_is_sent_and_the_journal_says_why(tmp_path: Path) -> None:
    says = ["10:00:01 link down 1100 the exchange is gone", "10:00:11 link up 1102"]
    live = run(tmp_path, busy(), ANYTIME, says=says)
    refused = [row for row in live.played.blocked if {one["rule"] for one in row["reasons"]} >= {"link"}]
    assert refused
    assert all(ns(f"{DAY} 10:00:01") <= row["ts_ns"] < ns(f"{DAY} 10:00:11") for row in refused)
    assert [(row.state, row.code) for row in live.rows(rows.LinkEvent)] == [
        ("down", "1100 the exchange is gone"),
        ("up", "1102"),
    ]
    assert live.modes == ["trading", "blind", "trading"]
    (blind,) = [row for row in live.rows(rows.ModeChange) if row.mode == "blind"]
    assert "the link to the broker is down" in blind.causes
    assert "link down: 1100 the exchange is gone" in live.notices


def test_delayed_data_is_closed_to_entries_and_a_person_is_told(tmp_path: Path) -> None:
    live = run(tmp_path, busy(), ANYTIME, says=["10:00:02 feed delayed no subscription"])
    assert "feed" in live.played.rules
    assert live.played.orders == [] or all(row["created_ns"] < ns(f"{DAY} 10:00:02") for row in live.played.orders)
    assert any("signals on it are not valid" in notice for notice in live.notices)
    (row,) = [row for row in live.rows(rows.Control) if row.key == "feed.ES"]
    assert (row.value, row.why) == ('"delayed"', "no subscription")


def test_sampled_data_is_enough_for_bars(tmp_path: Path) -> None:
    live = run(tmp_path, busy(), ANYTIME, feed="sampled")
    assert live.played.orders
    assert "feed" not in live.played.rules


def test_who_reads_order_flow_is_idle_on_sampled_data(tmp_path: Path) -> None:
    reads = 'name = "flow"\nstrategy = "absorption_reversal"\ninstrument = "ES"\n[bracket]\nstop_ticks = 4\n'
    reads += "target_ticks = 8\ncontracts = 1\n"
    live = run(tmp_path, busy(5), reads, feed="sampled")
    assert "ES is only sampled" in live.played.outcome.idle["flow"]
    assert live.played.signals == []


def test_a_pause_holds_until_it_is_lifted(tmp_path: Path) -> None:
    live = run(
        tmp_path,
        busy(),
        ANYTIME,
        commands={6: command("pause", "a", reason="lunch"), 24: command("resume", "b", reason="back")},
    )
    assert live.told[6] == {"result": "paused: everything"}
    refused = [row["ts_ns"] for row in live.played.blocked if row["reasons"][0]["rule"] == "pause"]
    paused, resumed = live.rows(rows.Command)
    assert refused
    assert paused.ts <= min(refused)
    assert max(refused) <= resumed.ts
    assert [(row.key, row.value) for row in live.rows(rows.Control)] == [("pause::", "true"), ("pause::", "false")]
    assert "no-entries" in live.modes


def test_the_same_command_twice_is_one(tmp_path: Path) -> None:
    again = {6: command("pause", "a"), 8: command("pause", "a")}
    live = run(tmp_path, busy(), ANYTIME, commands=again)
    assert live.told[6] == live.told[8]
    assert len(live.rows(rows.Command)) == 1


def test_commands_given_again_do_the_same_at_the_same_place(tmp_path: Path) -> None:
    said = {6: command("pause", "a", reason="lunch"), 24: command("resume", "b", reason="back")}
    (tmp_path / "live").mkdir()
    live = run(tmp_path / "live", busy(), ANYTIME, commands=said)
    given = [Command(row.verb, row.nonce, row.ts, row.reason) for row in live.rows(rows.Command)]
    for batch in (1, 7):
        folder = tmp_path / str(batch)
        folder.mkdir()
        again = run(folder, busy(), ANYTIME, given=given, batch=batch)
        assert [row["ts_ns"] for row in again.played.blocked] == [row["ts_ns"] for row in live.played.blocked]
        assert [row["created_ns"] for row in again.played.orders] == [row["created_ns"] for row in live.played.orders]


def test_a_flatten_leaves_everything_and_nothing_comes_in_after_it(tmp_path: Path) -> None:
    patient = ANYTIME.replace("stop_ticks = 3", "stop_ticks = 20").replace("target_ticks = 4", "target_ticks = 40")
    patient = patient.replace('time_stop = "9s"', 'time_stop = "2h"').replace("offset_ticks", "offset_ticks")
    live = run(tmp_path, busy(30), patient, commands={30: command("flatten", reason="enough")})
    assert live.told[30] == {"result": "flattening: everything; the kill switch is set"}
    (said,) = live.rows(rows.Command)
    assert all(row["created_ns"] <= said.ts for row in live.played.orders if row["role"] == "entry")
    assert "kill_switch" in live.played.rules
    assert "protect-only" in live.modes


def test_a_stop_ends_the_run_in_order(tmp_path: Path) -> None:
    live = run(tmp_path, busy(), ANYTIME, commands={10: command("stop")})
    assert live.played.outcome.ended == "stop"
    assert live.played.outcome.tally.rows < len(busy().rows())
    assert not [row for row in live.played.orders if row["role"] == "entry" and row["state"] == "working"]
    assert live.modes[-1] == "protect-only"


@pytest.mark.parametrize("told", [{"instrument": "CL"}, {"strategy": "nobody"}])
def test_what_does_not_sit_at_the_desk_cannot_be_paused(tmp_path: Path, told: dict[str, str]) -> None:
    live = run(tmp_path, busy(5), ANYTIME, commands={4: command("pause", **told)})
    assert isinstance(live.told[4], UsageError)
    assert live.told[4].allowed
    assert live.rows(rows.Command) == []


def test_status_tells_what_the_contract_promises(tmp_path: Path) -> None:
    live = run(tmp_path, busy(), ANYTIME, commands={8: command("status"), 30: command("status", "n-2")})
    told = live.told[8]
    assert set(told) >= CONTRACT
    assert told["state"] == "trading"
    assert told["link"] == "up"
    assert told["contracts"][0]["contract"] == "ESM2026"
    assert set(told["day"]) == {"net", "r", "round_trips", "loss_used", "loss_limit"}


def test_status_tells_how_near_each_limit_is(tmp_path: Path) -> None:
    """Given a desk that has sent brackets and holds one: what each rule counts stands beside its limit."""
    live = run(tmp_path, busy(), ANYTIME, commands={1: command("status"), 30: command("status", "n-2")})
    begun, later = ({(one["rule"], one["of"]): one for one in live.told[at]["room"]} for at in (1, 30))
    assert begun["daily_loss", ""] == {"rule": "daily_loss", "of": "", "used": "0", "limit": "300", "unit": "USD"}
    assert {float(one["used"]) for one in begun.values()} == {0.0}
    sent = sum(row.created_ns <= live.told[30]["now_ns"] for row in live.rows(rows.Bracket))
    assert later["brackets_per_day", ""]["used"] == sent > 0
    assert later["brackets_per_strategy", "drill-law"]["used"] == sent
    assert later["position", "ES"]["used"] >= 1
    assert float(later["daily_loss", ""]["used"]) > 0


def test_status_tells_what_is_held_what_it_is_worth_and_what_has_come(tmp_path: Path) -> None:
    crossing = DRILL.replace("offset_ticks = -1", "offset_ticks = 1")
    live = run(tmp_path, busy(), crossing, commands={at: command("status", str(at)) for at in range(90)})
    held = next(told for told in live.told.values() if told["positions"])
    (position, contract) = held["positions"][0], held["contracts"][0]
    # what leaving would bring: bought at the offer, a tick of 12.50 USD; in R by the stop that is still the first one
    risked = float(position["entry_price"]) - float(position["stop_price"])
    assert position["open_net"] == "-12.50"
    assert position["open_r"] == pytest.approx(-0.25 / risked)
    assert contract["position"] == position["quantity"] * (1 if position["side"] == "long" else -1)
    assert 0 < contract["ticks"] <= live.played.outcome.tally.rows
    assert held["queue"]["commands"] == 0


def test_rows_of_several_instruments_are_counted_apart() -> None:
    tally = Tally()
    for instruments in ([0, 2, 2], [], [2]):
        ticks = np.zeros(len(instruments), TICK)
        ticks["instrument"] = instruments
        tally.came(ticks, 3)
    assert (tally.rows, tally.ticks) == (4, {0: 1, 1: 0, 2: 3})


def test_rows_that_come_late_close_a_desk_that_goes_by_the_wall(tmp_path: Path) -> None:
    # The tape's rows are months old by the wall's clock: a desk that is so far behind sends nothing.
    live = run(tmp_path, busy(), ANYTIME, wall=True)
    assert live.played.orders == []
    assert live.played.rules >= {"health", "freshness"}


def test_a_run_by_the_wall_ends_with_its_session(tmp_path: Path) -> None:
    tape = busy(4, f"{DAY} 16:59:50")
    while tape.now < ns(f"{DAY} 18:00:05"):
        tape.wait(60)
    live = run(tmp_path, tape, ANYTIME, wall=True)
    assert live.played.outcome.ended == "session"
    assert live.played.outcome.tally.last_ns < ns(f"{DAY} 17:02")


def test_a_replay_of_the_same_rows_makes_the_same_orders(tmp_path: Path) -> None:
    live = run(tmp_path, busy(), ANYTIME)
    (tmp_path / "again").mkdir()
    sets = ["replay.latency_ms=0"]
    again = play(tmp_path / "again", busy(), strategy(tmp_path, ANYTIME), contract="ESM2026", sets=sets)
    keys = ("role", "side", "quantity", "price", "stop_price", "state", "created_ns")
    assert [[row[key] for key in keys] for row in live.played.orders] == [
        [row[key] for key in keys] for row in again.orders
    ]


def test_a_running_desk_writes_what_people_say_about_its_rows(tmp_path: Path) -> None:
    said = {
        6: command("note", "a", subject="the run", text="a slow morning", who="ann"),
        8: command("tag", "b", subject="the run", tags=("slow",), who="ann"),
        9: command("tag", "b", subject="the run", tags=("slow",), who="ann"),
    }
    live = run(tmp_path, busy(), ANYTIME, commands=said)
    assert [live.told[row]["result"] for row in said] == ["written"] * 3
    assert [(row.subject, row.text, row.who) for row in live.rows(rows.Note)] == [("the run", "a slow morning", "ann")]
    assert [(row.name, row.removed_ns) for row in live.rows(rows.Tag)] == [("slow", None)]
    assert live.rows(rows.Command) == []


PATIENT = DRILL.replace("stop_ticks = 3", "stop_ticks = 20").replace("target_ticks = 4", "target_ticks = 40")
PATIENT = PATIENT.replace('time_stop = "9s"', 'time_stop = "2h"').replace("offset_ticks = -1", "offset_ticks = 0")


def test_a_strategy_is_stopped_alone_and_its_position_stays_under_its_stop(tmp_path: Path) -> None:
    # given a desk that holds a position
    said = {14: command("stop", "a", strategy="drill-law", who="ann"), 16: command("status", "b")}
    live = run(tmp_path, busy(30), PATIENT, commands=said)
    # then the desk goes on, the strategy does not, and its stop works
    assert live.told[14]["result"].startswith("stopped: drill-law; entries are cancelled, positions stay")
    assert "paperpit resume --strategy drill-law --reason TEXT opens it" in live.told[14]["result"]
    told = live.told[16]
    assert told["state"] == "paused"
    assert any("stopped (ann), since 2026-05-27 14:00 UTC" in reason for reason in told["reasons"])
    assert [one["stop_price"] is not None for one in told["positions"]] == [True]
    assert live.played.outcome.ended == "market"


def test_a_flatten_says_what_it_could_not_do(tmp_path: Path) -> None:
    # given a position, and a link that is down
    said = {24: command("flatten", "a", strategy="drill-law")}
    live = run(tmp_path, busy(30), PATIENT, commands=said, says=["10:00:09 link down 1100"])
    result = live.told[24]["result"]
    assert result.startswith("flattening: drill-law; the kill switch is set; +1 ES of drill-law cannot leave now")
    assert "it is tried again" in result


def test_a_command_of_an_earlier_run_is_not_done_again(tmp_path: Path) -> None:
    def again(desk: Desk) -> None:
        desk.told.remember({"a": "paused: everything"})

    live = run(tmp_path, busy(), ANYTIME, hits={4: again}, commands={6: command("pause", "a")})
    assert live.told[6] == {"result": "paused: everything"}
    assert live.rows(rows.Command) == []


def test_a_live_run_leaves_a_copy_of_its_journal(tmp_path: Path) -> None:
    live = run(tmp_path, busy(3), ANYTIME)
    (copy,) = (tmp_path / "backups").iterdir()
    assert Played(live.played.outcome, str(copy)).hash == live.played.hash


def test_a_live_run_lets_go_of_what_is_old_and_its_copy_is_as_small(tmp_path: Path) -> None:
    # given a journal with a run of three years ago
    url = str(tmp_path / "journal.db")
    with writer(url, durability="process", wall=Wall(OPENING), run="old") as journal:
        journal.footprint(Told(journal).signal(0).id, {"cells": []})
        journal.link_event("up", OPENING, "")
        journal.finish({})
    # when a run of today ends
    live = run(tmp_path, busy(3), ANYTIME)
    # then that is gone, as it was announced, here and in the copy
    assert [(row.kind, row.rows) for row in live.rows(rows.Pruned)] == [("footprint", 1), ("link_event", 1)]
    assert "let go of 2 old rows" in live.played.outcome.recorded[0]
    (copy,) = (tmp_path / "backups").iterdir()
    for one in (url, str(copy)):
        with reading(place(one)) as reader:
            assert check(reader) == []
            assert reader.where(rows.Footprint, "run", "old") == []
            assert len(reader.where(rows.Signal, "run", "old")) == 1
