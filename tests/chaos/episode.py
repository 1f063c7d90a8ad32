"""Some fifty lives of a daemon, one after the other, at one gateway and on one journal."""

import asyncio
import json
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from tests.chaos import books, journal, lives, market
from tests.chaos.books import Finding
from tests.chaos.lives import Life
from tests.chaos.plan import PROVOKED, Death, Fault, plan
from tests.chaos.servers import Journal
from tests.chaos.summary import Summary
from tests.chaos.truth import Truth
from tests.gateways import gateway_program

REFUSED, INTERRUPTED = 69, 128 + signal.SIGTERM
READY_S, PATIENCE_S, HEALED_S = 120.0, 5.0, 1.5
"""How long readiness may take at all; how long a named moment is waited for; how long a fault of a start lasts."""
RESTART_EVERY = 20
OURS = frozenset({"naked", "orphan", "entry-without-stop"})
"""Of the gateway's verdict: what `books` judges, which knows of downtime, of several brackets at once, and of stops
that the gateway was told to refuse."""


@dataclass
class Episode:
    """Everything of it; `told` hears of each finding and each death."""

    seed: str
    kills: int
    folder: Path
    journal: Journal
    summary: Summary
    told: Callable[[str], None]
    fork: bool = False
    """Whether daemons are forked off a process that has imported everything."""

    async def play(self) -> None:
        """All deaths, then a life that ends in order, then the last comparison."""
        tape = market.tape(self.folder, self.seed)
        ledger, self._socket = self.folder / "ledger.jsonl", self.folder / "control.sock"
        words = (
            *("--tape", tape, "--speed", market.SPEED, "--fill-model", "ib-paper", "--ledger", ledger),
            *(
                "--state",
                self.folder / "state.jsonl",
                "--control",
                self._socket,
                "--account",
                market.account(self.folder),
            ),
            # One desk trades an account: episodes side by side have one each.
            *("--account", f"DU{crc32(bytes(self.folder)) % 10**7:07}"),
        )
        async with gateway_program(*map(str, words), cwd=self.folder) as far:
            self.truth, self._up, self._number = Truth(ledger), list[tuple[int, int]](), 0
            self._usual_s = 1.5
            name = f"chaos-{far.port}"
            bot = market.settings(self.folder, desk=name, port=far.port, journal=self.journal.url)
            self._words = ("--config", str(bot), "--warm", "none", "--once", "--fault-points")
            for death in plan(self.seed, self.kills):
                self._number += 1
                await self._live(death)
            await self._last()

    async def _live(self, death: Death) -> None:
        """One life that ends by kill −9."""
        fault = death.fault
        if fault is not None and fault.after_s < 0:
            await self._go_wrong(fault)
        life = await self._start(death)
        if death.unready:
            await life.dies(death.after * self._usual_s)
        elif await self._ready(life, fault):
            await self._until(life, death)
        self.summary.died(death, by_itself=life.code is not None, truth=self.truth.catch_up())
        code = await life.kill()
        if code != -signal.SIGKILL and not (code == REFUSED and fault is not None and fault.cuts):
            self._found([Finding("other", f"the daemon ended by itself with {code}: {life.words[-600:]}")], death)
        self._buried(life, death)
        await self._control({"do": "fault", "name": "clear"})
        self._found(books.never(self.truth.catch_up(), journal.read(self.journal.url)), death)
        self.told(f"{self.seed} {self._number}: {death}")
        await asyncio.sleep(death.down_s)

    async def _start(self, death: Death | None) -> Life:
        point = f"{death.point}:{death.passing}:kill" if death is not None and death.point else ""
        return await lives.start(self._words, folder=self.folder, fault=point, fork=self.fork)

    async def _ready(self, life: Life, fault: Fault | None) -> bool:
        """Whether it became ready; compares the books when it did."""
        at_start = fault is not None and fault.after_s < 0
        if at_start and not await life.ready(self._usual_s + HEALED_S):
            await self._control({"do": "fault", "name": "clear"})
        if not await life.ready(READY_S):
            if life.code is None:
                self._found([Finding("other", f"not ready after {READY_S:.0f} s: {life.words[-600:]}")], None)
            return False
        written = journal.read(self.journal.url)
        if not at_start:
            self._usual_s = life.stood_s
            self.summary.ready(life.stood_s, life.ready_s, written.runs)
        self._found(books.missing(self.truth.catch_up(), written, life.started), None)
        return True

    async def _until(self, life: Life, death: Death) -> None:
        """From readiness to the moment of death; a named moment may have come before."""
        await self._restarted()
        going_wrong = asyncio.create_task(self._meanwhile(death))
        await life.dies(PATIENCE_S if death.point else death.after)
        going_wrong.cancel()
        await asyncio.gather(going_wrong, return_exceptions=True)

    async def _meanwhile(self, death: Death) -> None:
        if death.fault is not None and death.fault.after_s >= 0:
            await asyncio.sleep(death.fault.after_s)
            await self._go_wrong(death.fault)
        while death.point in PROVOKED:
            name, arg = PROVOKED[death.point]
            if self.truth.catch_up().position:
                await self._control({"do": "fault", "name": name, "arg": arg})
            await asyncio.sleep(0.2)

    async def _restarted(self) -> None:
        """Every twenty deaths the database goes and comes back under a daemon that trades."""
        if self._number % RESTART_EVERY == RESTART_EVERY // 2 and await self.journal.restart():
            self.summary.restarts += 1

    async def _go_wrong(self, fault: Fault) -> None:
        self.summary.faults[fault.name] += 1
        await self._control({"do": "fault", "name": fault.name, "arg": fault.arg})

    async def _last(self) -> None:
        """A life without faults that is stopped in order; then everything must agree."""
        life = await self._start(None)
        if await self._ready(life, None):
            await life.dies(1.0)
        asked = time.time_ns()
        code = await life.kill(signal.SIGTERM)
        if code != INTERRUPTED:
            self._found([Finding("other", f"asked to stop, the daemon ended with {code}: {life.words[-600:]}")], None)
        self._buried(life, None)
        written, truth = journal.read(self.journal.url), self.truth.catch_up()
        self._found(books.never(truth, written), None)
        self._found(books.missing(truth, written, asked), None)
        self._found(books.at_rest(truth, written), None)
        self._found(books.naked(truth, self._up), None)
        self._found((Finding("other", f"db check: {one}") for one in journal.problems(self.journal.url)), None)
        verdict = await self._control({"do": "verdict"})
        bad = [one for one in verdict["findings"] if one["name"] not in OURS]
        self._found((Finding("other", f"the gateway's verdict: {one}") for one in bad), None)
        self.summary.ended(truth, written, books.bare(truth, self._up))

    def _buried(self, life: Life, death: Death | None) -> None:
        self._up += life.watched
        (self.folder / f"life-{self._number:03}.log").write_text(f"{death}\n{life.words}\n")
        if life.improper:
            self._found([Finding("other", f"the daemon said: {life.improper}")], death)

    def _found(self, findings: Iterable[Finding], death: Death | None) -> None:
        for one in findings:
            if self.summary.found(self.seed, one):
                where = f"seed {self.seed}, life {self._number}" + (f" ({death})" if death else "")
                self.told(f"{one.kind}: {one.what}\n    {where}; {self.folder}\n    {self.again()}")

    def again(self) -> str:
        """The command that does it again."""
        database = f" DB={self.journal.kind}" if self.journal.kind != "sqlite" else ""
        return f"make chaos KILLS={self.kills} SEED={self.seed} JOBS=1{database}"

    async def _control(self, command: dict[str, Any]) -> dict[str, Any]:
        reader, writer = await asyncio.open_unix_connection(self._socket)
        writer.write(json.dumps(command).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await reader.readline())
        writer.close()
        assert "error" not in answer, answer
        return answer


def seeds(seed: str, kills: int, each: int) -> Sequence[tuple[str, int]]:
    """The episodes of a whole run: a seed of its own for each, and its deaths. A short run is one episode."""
    if kills <= each:
        return [(seed, kills)]
    return [(f"{seed}.{number}", min(each, kills - first)) for number, first in enumerate(range(0, kills, each))]
