"""A wire that breaks under a desk that trades: it says so, closes entries, comes back, and sends no order blindly."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.gateway.server import Gateway
from bot import control
from bot.domain.command import Command
from bot.journal import lists, rows
from bot.journal.filters import Filters
from bot.journal.place import place
from bot.journal.reading import reading
from tests.gateways import gateway
from tests.patience import PATIENCE_S
from tests.playing import strategy
from tests.programs import Program, ended, program
from tests.stories.wires import Set, between, desk_at, fault, heard, until
from tests.tapes import Tape

PLACE = "3"
PACED_S = 60
CLEAN_STOP = "stopped: entries cancelled, positions left under their stops"


def busy(folder: Path, seconds: int = 120) -> Path:
    """A market in which something trades every second, so that a drill wants to enter at every other one."""
    tape = Tape(start="2026-05-27 10:00").quote("4200.50", "4200.75")
    for _ in range(seconds):
        tape.bought(1, "4200.75").wait(1)
    return tape.write(folder / "busy.parquet", contract="ESM2026")


@dataclass
class Trading:
    """A desk at a gateway whose tape moves when a test says so."""

    far: Gateway
    desk: Set
    run: Program

    @property
    def sent(self) -> int:
        """Orders that the gateway has been sent on the connection of now."""
        return heard(self.far, PLACE)

    async def play(self, seconds: int) -> None:
        """So many seconds of the tape, each of them dealt with before the next one comes."""
        for _ in range(seconds):
            await self.far.play.advance(2)
            async with asyncio.timeout(PATIENCE_S):
                while (await self.status())["now_ns"] < self.far.now_ns():
                    await asyncio.sleep(0.01)

    async def enters(self) -> None:
        """Let the tape go on until a bracket has come."""
        before = self.sent
        for _ in range(20):
            await self.play(1)
            if self.sent >= before + 3:
                return
        raise AssertionError(f"no entry: {await self.status()}")

    async def status(self) -> dict[str, Any]:
        """What `paperpit status --json` shows."""
        return await _status(self.desk)

    def streams(self) -> list[int]:
        """Tick-by-tick subscriptions of everybody who is connected."""
        return [one["streams"] for one in self.far.status()["sessions"]]

    def wrote(self, table: type[Any]) -> list[Any]:
        """The journal's rows of one kind."""
        with reading(place(self.desk.journal)) as reader:
            return reader.where(table, "run", reader.choose("last")[0].run)

    @property
    def modes(self) -> list[str]:
        """The desk's modes in order, without the end of the run."""
        return [row.mode for row in self.wrote(rows.ModeChange) if row.wall_ns is None]

    @property
    def rules(self) -> set[str]:
        """Every rule that refused an entry."""
        with reading(place(self.desk.journal)) as reader:
            blocked = lists.list_blocked(reader, reader.choose("last"), Filters())
        return {reason["rule"] for row in blocked for reason in row["reasons"]}


@asynccontextmanager
async def trading(folder: Path, *, cut_at_order: int = 0) -> AsyncIterator[Trading]:
    """A desk whose subscriptions stand. After the block it is interrupted, ends in order, and has done no wrong."""
    async with gateway(tapes=(str(busy(folder)),), speed="hand") as far:
        async with (
            between(far.port, PLACE, nth=cut_at_order) as port,
            program(*(desk := desk_at(port, folder)).run) as run,
        ):
            one = Trading(far, desk, run)
            await until(lambda: one.streams() == [2])
            yield one
            assert await run.interrupted() == 130
        assert CLEAN_STOP in run.words
        assert "error" not in run.words
        verdict = far.control({"do": "verdict"})
        assert verdict["findings"] == [], verdict


@pytest.mark.parametrize(
    ("broken", "words", "healed", "well", "mode"),
    [
        ("1100", "link degraded: 1100", "1102", "link up: 1102", "blind"),
        ("1100", "link degraded: 1100", "1101", "link up: 1101", "blind"),
        ("farm-broken", "ES data is stale: Market data farm connection is broken", "farm-ok", "is live", "no-entries"),
        ("competing-login", "log out wherever else this user is logged in", "data-ok", "is live", "no-entries"),
        ("drop:0.5", "link down: the gateway closed the connection", "", "link up: connected again", "blind"),
        ("nightly:0.5", "link down: the gateway closed the connection", "", "link up: connected again", "blind"),
        ("half-message", "link down: ", "", "link up: connected again", "blind"),
        ("garbage", "link down: the gateway sent garbage", "", "link up: connected again", "blind"),
    ],
    ids=["1100, 1102", "1100, 1101", "farm", "competing login", "drop", "nightly", "half a message", "garbage"],
)
async def test_entries_close_and_open_again(
    tmp_path: Path, broken: str, words: str, healed: str, well: str, mode: str
) -> None:
    async with trading(tmp_path) as one:
        await one.enters()
        fault(one.far, *broken.split(":"))
        await one.run.until(words)
        if healed:
            told = await one.status()
            assert told["state"] == "held"
            assert any("1100" in why or "ES data is" in why for why in told["reasons"]), told
            fault(one.far, healed)
            await one.far.play.advance(2)
        await one.run.until(well)
        await until(lambda: one.streams() == [2])
        await one.enters()
    assert [*dict.fromkeys(one.modes)][:2] == ["trading", mode]
    assert "trading" in one.modes[one.modes.index(mode) :]
    if mode == "blind":
        states = [row.state for row in one.wrote(rows.LinkEvent)]
        assert (states[0], states[-1]) == (words.split()[1].rstrip(":"), "up")
    assert one.wrote(rows.Control), "what became of the data"


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("no-permission", "ES data is refused: Requested market data is not subscribed. (354); subscribe to the live"),
        ("delayed", "ES data is delayed: the gateway shows delayed data; subscribe to"),
        ("tick-size:ES", "ES's tick is now 0.5 and was 0.25: prices are wrong until the next start"),
        ("read-only", 'untick "Read-Only API" in the gateway\'s API settings'),
    ],
)
async def test_entries_stay_closed(tmp_path: Path, broken: str, words: str) -> None:
    async with trading(tmp_path) as one:
        await one.enters()
        fault(one.far, *broken.split(":"))
        if broken == "read-only":
            await one.play(6)
            await until(lambda: "rejected" in [row.state for row in one.wrote(rows.OrderEvent)])
        await one.run.until(words)
        sent, told = one.sent, await one.status()
        assert told["state"] == "held"
        assert any("ES data is" in why or words in why for why in told["reasons"])
        if broken in ("tick-size:ES", "read-only"):
            await one.play(6)  # ticks go on: a drill would enter
            assert one.rules >= {"link" if broken == "read-only" else "feed"}
        assert one.sent == sent
    assert {"no-entries", "blind"} & set(one.modes)


@pytest.mark.parametrize("order", [5, 6], ids=["stop", "target"])
async def test_a_wire_that_is_cut_in_the_middle_of_a_bracket(tmp_path: Path, order: int) -> None:
    async with trading(tmp_path, cut_at_order=order) as one:
        await one.enters()
        while "link down" not in one.run.words:
            await one.play(1)
        await one.run.until("link up: connected again")
        await until(lambda: one.streams() == [2])
        # what was not released is forgotten by the gateway, and the desk believes it when it has been told three times
        await until(lambda: any("gone: " in row.message for row in one.wrote(rows.OrderEvent)))
        await one.enters()
    sent = [row.client_order_id for row in one.wrote(rows.Order)]
    assert len(sent) == len(set(sent))


async def test_a_desk_that_nobody_hears_can_be_stopped(tmp_path: Path) -> None:
    async with trading(tmp_path) as one:
        await one.enters()
        fault(one.far, "drop", "600")
        await one.run.until("link down")
    assert one.modes[-1] == "blind"


async def test_a_live_login_under_a_running_desk_is_sent_nothing(tmp_path: Path) -> None:
    async with trading(tmp_path) as one:
        await one.enters()
        fault(one.far, "live-account")
        fault(one.far, "drop")
        await one.run.until("link down: account U1234567 is not a paper account")
        assert (await one.status())["link"] == "down"
        fault(one.far, "clear")
        one.far.account = "DU1234567"
        await one.run.until("link up: connected again")
        await one.enters()


async def test_a_cancel_that_came_too_fast_is_asked_for_again(tmp_path: Path) -> None:
    async with trading(tmp_path) as one:
        await one.enters()
        fault(one.far, "pacing", "once")  # the next message is the cancel of an entry that has waited long enough
        await one.play(3)
        await one.run.until("the gateway says 100: Max rate of messages")
        await until(lambda: [row.state for row in one.wrote(rows.OrderEvent)].count("cancelled") == 3)
        # and whoever is told to be quiet sends no entry for a minute
        before = one.sent
        await one.play(PACED_S - 10)
        assert one.sent == before
        assert any("100" in why for why in (await one.status())["reasons"]), await one.status()
        await one.play(10)
        await one.enters()


async def test_a_clock_that_is_off_closes_entries(tmp_path: Path) -> None:
    async with gateway(silent=True, faults=("clock-skew:3",)) as far:
        desk = desk_at(far.port, tmp_path)
        (_, doctor), why = await asyncio.gather(
            ended(*desk.doctor), _until_closed(desk, "the clock is off the broker's")
        )
    assert "limit 2000 ms" in why
    assert "set-ntp" in doctor.told


async def _until_closed(desk: Set, words: str) -> str:
    """Wait until entries are closed for that reason, among others: on some days the exchange is closed as well."""
    async with program(*desk.run) as run:
        await run.until("no-entries; ")
        async with asyncio.timeout(PATIENCE_S):
            while not (found := [why for why in (await _status(desk))["reasons"] if words in why]):
                await asyncio.sleep(0.02)
        assert await run.interrupted() == 130
    return found[0]


async def _status(desk: Set) -> dict[str, Any]:
    asked = Command("status", secrets.token_hex(4), 0)
    return await asyncio.to_thread(control.tell, desk.name, asked)


async def test_a_dry_run_lives_on_delayed_data_and_says_what_that_is_worth(tmp_path: Path) -> None:
    async with gateway(silent=True, faults=("delayed",)) as far:
        async with program(*desk_at(far.port, tmp_path).run, "--dry") as run:
            await run.until("signals on it are not valid")
            await until(lambda: [one["lines"] for one in far.status()["sessions"]] == [1])
            assert await run.interrupted() == 130
        assert heard(far, PLACE) == 0
    assert "the gateway shows delayed data" in run.words


FLOW = """
name = "{name}"
strategy = "absorption_reversal"
instrument = "{product}"

[bracket]
stop_ticks = 8
target_ticks = 16
contracts = 1
"""


async def test_an_instrument_for_which_no_line_is_left_is_refused_by_absorption(tmp_path: Path) -> None:
    files = [
        strategy(tmp_path, FLOW.format(name=f"flow-{product.lower()}", product=product), f"{product}.toml")
        for product in ("ES", "NQ")
    ]
    short = "tick-by-tick data for ES and NQ needs 4, the account has 3: NQ would be sampled, absorption"
    (tmp_path / "bot.toml").write_text(f'adapter = "ib"\nstrategies = {_toml([file.name for file in files])}\n')
    async with gateway(silent=True, instruments=("ES", "NQ")) as far:
        desk = desk_at(far.port, tmp_path)
        code, check = await ended("check", "--config", tmp_path / "bot.toml")
        assert code == 1
        assert short in check.told
        assert "booster packs" in check.told
        words = [word for file in files for word in ("--strategy", file)]
        async with program("run", "--config", tmp_path / "bot.toml", *desk.run[1:], *words) as run:
            await run.until("strategy flow-nq is idle: it hears absorption")
            await run.until(short)
            assert await run.interrupted() == 130


def _toml(names: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"
