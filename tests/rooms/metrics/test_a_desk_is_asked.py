"""A running desk, asked as Prometheus and a supervisor ask it, also while its loop stands still."""

import asyncio
from pathlib import Path

from aiomqtt import Client

from bot import control
from bot.control.asking import asked
from bot.metrics.names import BY_NAME, METRICS
from tests.rooms.metrics.desk import CROSSING, desk, samples, values
from tests.rooms.web.served import serving
from tests.servers import mosquitto
from tests.stories.test_a_strategy_never_returns import HERE as WEDGING

NOT_HERE = {
    *("cause", "working_orders", "blocked_total", "recoveries_total", "backup_timestamp_seconds"),
    *("blackout_next_timestamp_seconds", "calendar_until_timestamp_seconds", "mqtt_connected", "mqtt_seq"),
    *("commands_total", "commands_refused_total", "notices_total", "notices_waiting", "notices_failing"),
}
"""What comes and goes while it trades, and what this desk has not: calendar, copies, broker, somebody to call."""


async def test_a_desk_that_trades_is_counted_and_a_pause_is_told_with_its_reason(tmp_path: Path) -> None:
    async with desk(tmp_path) as (running, port, name):
        # given a desk that has traded
        found = await port.until(
            lambda ready, found: ready["state"] != "starting" and any(values(found, "orders_total", leg="stop"))
        )
        # then everything that it exports is in the catalogue, with these labels and the desk's own
        for one in found:
            stem = one.name.removeprefix("paperpit_")
            metric = BY_NAME.get(stem) or BY_NAME[stem.rpartition("_")[0]]
            more = {"le"} if stem.endswith("_bucket") else set()
            assert one.labels.keys() == {"desk", *metric.labels, *more}
            assert one.labels["desk"] == name
        # and each of them has a value, but for what this desk has not got
        seen = {name for one in found for name in (one.name, one.name.rpartition("_")[0])}
        assert {metric.name for metric in METRICS if f"paperpit_{metric.name}" not in seen} <= NOT_HERE
        assert list(values(found, "up")) == [1]
        assert list(values(found, "state", state="starting")) == [0]
        assert sum(values(found, "state")) == 1
        (walked,) = values(found, "ticks_total", symbol="ES")
        assert walked > 0
        assert sum(values(found, "signals_total", verdict="approved")) > 0
        assert sum(values(found, "order_ack_seconds_count")) > 0
        assert sum(values(found, "loop_lag_seconds_count")) > 0
        assert list(values(found, "naked_position_seconds")) == [0]
        # and what only grows does
        later = await port.samples()
        assert next(values(later, "ticks_total")) >= walked
        # when it is paused
        await asyncio.to_thread(control.tell, name, asked("pause", reason="lunch"))
        paused = await port.until(lambda ready, found: 1 in values(found, "cause", rule="pause"))
        assert list(values(paused, "commands_total", verb="pause")) == [1]
        code, told = await port.json("/readyz")
        # then it is not ready, and says why; its loop is well
        assert code == 503
        assert {"rule": "pause", "strategy": "drill-law"}.items() <= told["causes"][0].items()
        assert any("lunch" in reason for reason in told["reasons"])
        assert (await port.json("/healthz"))[0] == 200
        # and the page server tells the same of it, by its socket and its journal
        async with serving(tmp_path, "--journal", tmp_path / "journal.db") as site:
            told_there = samples((await site.get("/metrics")).text)
            assert {(one.name, one.labels["desk"]) for one in told_there} >= {("paperpit_cause", name)}
            assert 0 < sum(values(told_there, "orders_total")) <= sum(values(await port.samples(), "orders_total"))
            assert (await site.get("/readyz")).code == (await site.get("/healthz")).code == 200
            assert (await site.get("/metrics", host="evil.example")).code == 421
        # and neither a stranger's name nor a path that is none is answered
        assert (await port.get("/metrics", host="evil.example"))[0] == 421
        assert (await port.get("/"))[0] == 404
        assert await running.interrupted() == 130


async def test_a_desk_that_stands_still_answers_and_says_so(tmp_path: Path) -> None:
    # given a strategy that does not return while it holds something, and a desk that waits long for it
    spec = CROSSING.replace('"drill"', f'"{WEDGING}:Wedging"').replace("stop_ticks = 3", "stop_ticks = 20")
    spec = spec.replace("target_ticks = 4", "target_ticks = 30").replace('"9s"', '"10m"')
    async with desk(tmp_path, "daemon.wedged_after=5m", spec=spec) as (running, port, _):
        # then numbers and answers come all the same, and get worse
        await port.until(lambda ready, found: max(values(found, "status_age_seconds"), default=0) > 5)
        code, told = await port.json("/healthz")
        assert code == 503
        assert told["reasons"][0].startswith("the loop has stood still for ")
        assert (await port.json("/readyz"))[0] == 503
        assert running.process.exitcode is None


async def test_what_a_message_broker_brings_and_that_it_goes_is_seen(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text("a secret of more than sixteen bytes")
    commands = ("mqtt.commands.enabled=true", f"mqtt.commands.secret_file={secret}")
    with mosquitto() as broker:
        async with desk(tmp_path, f"mqtt.url={broker.url}", *commands) as (_, port, name):
            # given a desk that has told a broker something
            await port.until(
                lambda ready, found: 1 in values(found, "mqtt_connected") and any(values(found, "mqtt_seq"))
            )
            # when somebody sends through it what is no command
            async with Client("127.0.0.1", broker.port) as stranger:
                await stranger.publish(f"paperpit/{name}/cmd/flatten", b"now!")
            await port.until(lambda ready, found: 1 in values(found, "commands_refused_total", way="mqtt"))
            # and when it is gone
            broker.stop()
            await port.until(lambda ready, found: 0 in values(found, "mqtt_connected"))


async def test_a_page_server_without_a_desk_or_a_journal_says_so(tmp_path: Path) -> None:
    async with serving(tmp_path, "--journal", tmp_path / "none.db") as site:
        found = samples((await site.get("/metrics")).text)
        assert list(values(found, "up")) == list(values(found, "journal_readable")) == [0]
        answer = await site.get("/readyz")
        assert answer.code == 503
        assert "there is no journal here yet" in answer.text
