"""The real program against the second gateway: a process with a folder of its own, and its journal."""

import json
import signal
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.patience import PATIENCE_S
from tests.programs import Program, ended, program
from tests.second_gateway.exchange import until
from tests.second_gateway.gateway import SecondGateway

NEW_YORK = ZoneInfo("America/New_York")
BOT = """adapter = "ib"
[journal]
durability = "process"
[record]
enabled = false
[risk]
max_daily_loss_usd = 100000
max_brackets_per_day = 1000
max_order_messages_per_minute = 1_000_000
max_brackets_per_strategy = 1000
max_brackets_per_minute = 1000
max_daily_loss_r = 1000
max_drawdown_usd = 100000
max_losses_in_a_row = 1000
max_losses_in_a_row_all = 1000
cooldown = "0s"
"""
DRILL = """name = "drill-second"
strategy = "drill"
instrument = "{symbol}"
timeframe = "1s"
time_stop = "10m"
[params]
every = 1
[bracket]
stop_ticks = {stop}
target_ticks = {target}
contracts = {contracts}
[entry]
ttl = "30s"
offset_ticks = 0
[hours]
session = "any"
"""


def open_now() -> str:
    """An hours-override.toml by which ES and MES trade from eleven hours ago to in eleven hours, whatever day it is."""
    opens, closes = (datetime.now(UTC).astimezone(NEW_YORK) + timedelta(hours=hours) for hours in (-11, 11))
    day = closes.date()
    closed = "".join(
        f'  {{ from = "{other}", until = "{other}", closed = true }},\n'
        for other in (day - timedelta(days=1), day + timedelta(days=1))
    )
    now = f'  {{ from = "{day}", until = "{day}", open = "{opens:%H:%M}", close = "{closes:%H:%M}" }},\n'
    return "".join(f"{product} = [\n{now}{closed}]\n" for product in ("ES", "MES"))


class Desk:
    """A paperpit of its own folder; `start` and `kill` as often as one likes."""

    def __init__(
        self, folder: Path, gateway: SecondGateway, *, contracts: int = 1, stop: int = 4, target: int = 4
    ) -> None:
        self.folder, self.gateway = folder, gateway
        self.journal = f"sqlite:///{folder / 'journal.db'}"
        self.lives: list[Program] = []
        self._opened = AsyncExitStack()
        (folder / "bot.toml").write_text(BOT)
        (folder / "calendar").mkdir()
        (folder / "calendar/hours-override.toml").write_text(open_now())
        spec = DRILL.format(symbol=gateway.symbol, stop=stop, target=target, contracts=contracts)
        (folder / "drill.toml").write_text(spec)

    async def __aenter__(self) -> "Desk":
        return self

    async def __aexit__(self, *why: Any) -> None:
        await self._opened.__aexit__(*why)

    async def start(self, *more: str) -> None:
        """Start it."""
        words = ["run", "--adapter", "ib", "--set", f"adapters.ib.port={self.gateway.port}"]
        words += ["--set", "adapters.ib.client_id=17", "--strategy", "drill.toml", "--calendar", "none"]
        words += ["--config", "bot.toml", "--journal", self.journal, "--desk", self.folder.name, *more]
        self.lives.append(await self._opened.enter_async_context(program(*words, cwd=self.folder)))

    @property
    def said(self) -> str:
        """What it has said so far, in all its lives."""
        return "\n".join(text for one in self.lives for text in (one.words, one.told))

    async def ended(self, seconds: float = PATIENCE_S) -> int:
        """Its exit code."""
        return await self.lives[-1].code(seconds)

    async def kill(self, how: signal.Signals) -> int:
        """Signal it and wait for its end."""
        return await self.lives[-1].interrupted(how)

    async def paperpit(self, *words: str) -> Any:
        """Another command, and what it printed as JSON."""
        return json.loads(await self.tell(*words, "--json"))

    async def tell(self, *words: str) -> str:
        """Another command, and what it printed."""
        code, one = await ended(*words, cwd=self.folder)
        assert code == 0, one.words
        return one.told

    async def rows(self, what: str) -> list[dict[str, Any]]:
        """A list of the journal, of every run."""
        found: list[dict[str, Any]] = await self.paperpit("journal", what, "--run", "all", "--journal", self.journal)
        return found

    async def trades(self, fills: int, seconds: float = 20.0) -> None:
        """Wait until the gateway has executed so many times."""
        ledger, process = self.gateway.exchange.ledger, self.lives[-1].process
        before = len(ledger)
        await until(
            lambda: len(ledger) >= before + fills or process.exitcode is not None,
            seconds,
            lambda: f"{fills} executions; it said:\n{self.said}",
        )
        assert process.exitcode is None, self.said
