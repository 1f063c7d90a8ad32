"""What `run` and `replay` share: settings found and judged, a desk run under a progress bar, the end told."""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.cli.output import new_york, note, progress
from bot.cli.output import tell as tell_operator

if TYPE_CHECKING:
    from bot.config import BotFile, Loaded, StrategyFile
    from bot.daemon import Asked, Outcome, Run

Command = TypeVar("Command", bound=Callable[..., Any])


def settings_options(command: Command) -> Command:
    """The flags that every command takes which reads the configuration and trades."""
    options = (
        click.option("--config", "-c", type=click.Path(path_type=Path), help="The bot.toml to read."),
        click.option("--strategy", "strategies", multiple=True, help="Strategy TOML; replaces the configured list."),
        click.option("--journal", help="URL of the journal to write."),
        click.option("--calendar", help="Event calendar: a file, or 'none'."),
        click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="Set one key of bot.toml for this run."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def warm_option(default: str) -> Callable[[Command], Command]:
    """`--warm`: which memory of earlier days the detectors start with; None when it was not given."""
    return click.option(
        "--warm",
        metavar="auto|FILE|none",
        help=f"Detectors' memory of earlier days: the newest that fits, a snapshot, or none (default {default}).",
    )


def read_settings(
    config: Path | None, sets: Sequence[str], strategies: Sequence[str], calendar: str | None = None
) -> "tuple[Loaded[BotFile], list[Loaded[StrategyFile]]]":
    """bot.toml with `sets` and the `calendar` flag applied, and the flags' strategies or else its own.

    Raises ConfigError.
    """
    from bot import plugins
    from bot.config import read_bot, read_strategy

    bot = read_bot(config, sets)
    plugins.judge(bot)
    names = strategies or bot.value.strategies
    specs = [read_strategy(name, instruments=bot.path.parent) for name in names]
    for one in specs:
        plugins.judge(one)
    if calendar is not None:
        bot = replace(bot, value=bot.value.model_copy(update={"calendar": calendar}))
    return bot, specs


def judged(config: Path | None, sets: Sequence[str], strategies: Sequence[str], calendar: str | None) -> None:
    """Judge what `read_settings` would read, as `paperpit check` does. Raises ConfigError with every fault."""
    from bot.cli.judge import Judge
    from bot.clock import WallClock
    from bot.errors import ConfigError

    own = [] if calendar is None else [f"calendar={json.dumps(calendar)}"]
    judge = Judge(config, [*sets, *own], WallClock().now_ns())
    judge.everything(strategies)
    if judge.refused:
        raise ConfigError.of(tuple(fault for fault in judge.faults if fault.level == "error"))


def trade(asked: "Asked") -> "Outcome":
    """Run the desk to its end under a progress bar. Raises whatever refuses it."""
    _prepare(asked)
    return asyncio.run(_once(asked))


def trade_on(asked: "Asked", *, once: bool, tell: "Callable[[Outcome], None]") -> "Outcome":
    """Run after run, each of one exchange session, answering to commands all the while; the last one's outcome.

    `tell` is called with the outcome of each run before it; with `once` there is none. Raises whatever refuses the
    first one.
    """
    from bot.daemon import compile_for_a_wire

    _prepare(asked)
    compile_for_a_wire(asked)
    return asyncio.run(_on(asked, once, tell))


def _prepare(asked: "Asked") -> None:
    from bot.cli.story import tell_of_earlier
    from bot.kernel import compiled

    if not compiled():
        tell_operator("compiling", "compiling the detectors (once; some seconds)")
    tell_of_earlier(asked.journal)


async def _once(asked: "Asked") -> "Outcome":
    from bot.daemon import Run

    async with Run(asked) as run:
        outcome = await _traded(run)
    _told(outcome)
    return outcome


async def _on(asked: "Asked", once: bool, tell: "Callable[[Outcome], None]") -> "Outcome":
    from bot.daemon import Daemon

    daemon = Daemon(asked)
    with daemon.stopping:
        try:
            async with daemon.answering():
                while True:
                    async with daemon.run(said=partial(tell_operator, "waiting")) as run:
                        outcome = await _traded(run)
                        opens_ns = run.next_open()
                    _told(outcome)
                    if once or outcome.ended != "session" or outcome.stopped_by is not None:
                        return outcome
                    tell(outcome)
                    opens = f"{new_york(opens_ns)[:16]} New York"
                    tell_operator("session", f"the session is over; the next one opens {opens}", opens_ns=opens_ns)
                    await daemon.until_open(opens_ns)
        except asyncio.CancelledError:
            # Between two runs, or before the first: nothing was open that had to be put in order.
            if daemon.stopping.by is not None:
                raise SystemExit(128 + daemon.stopping.by) from None
            if daemon.stopped:
                raise SystemExit(0) from None
            raise


async def _traded(run: "Run") -> "Outcome":
    for text in run.adapter.notes:
        tell_operator("note", f"note: {text}")
    for text in run.warm.notes:
        tell_operator("warm", f"warm: {text}")
    for name, why in run.idle.items():
        tell_operator("idle", f"note: strategy {name} is idle: {why}", strategy=name)
    with _shown(run) as seen:
        return await run.trade(seen)


def _told(outcome: "Outcome") -> None:
    if outcome.trouble:
        tell_operator("memory", f"note: what the detectors remember could not be saved: {outcome.trouble}")
    for text in outcome.recorded:
        tell_operator("note", f"note: {text}")
    for name, why in outcome.tally.failed.items():
        tell_operator("strategy", f"error: strategy {name} failed and was asked no more: {why}", strategy=name)
    note("end", ended=outcome.ended, **outcome.kept())


def _shown(run: "Run") -> AbstractContextManager[Callable[[int], None]]:
    """A bar where the end is known, else what is happening."""
    from bot.cli.watching import watching

    if not run.rows:
        return watching(run)
    label = _label(run.adapter.tapes)
    note("start", text=label, adapter=run.adapter.name)
    return progress(label, run.rows, "ticks")


def leave(outcome: "Outcome") -> None:
    """The exit code of a run that a signal ended, or in which a strategy failed."""
    if outcome.ended == "stop":
        tell_operator("stop", "stopped: entries cancelled, positions left under their stops")
    if outcome.stopped_by is not None:
        raise SystemExit(128 + outcome.stopped_by)
    if outcome.tally.failed:
        raise SystemExit(1)


def _label(tapes: Sequence[Any]) -> str:
    return "  ".join(f"{tape['contract']} {new_york(int(tape['first_ns']))[:10]}" for tape in tapes)
