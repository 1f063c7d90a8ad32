"""`paperpit replay [TAPE…]`."""

import gc
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.again import Wishes, differences, recorded, without_latency
from bot.cli.output import json_option, print_json
from bot.cli.trading import leave, read_settings, settings_options, trade, warm_option
from bot.errors import InputMissing, UsageError
from bot.review.differing import causes, following

if TYPE_CHECKING:
    from bot.daemon import Asked, Outcome


SHOWN = 20
"""Differences that are told; the rest by `journal diff`."""


@click.command()
@click.argument("tapes", nargs=-1)
@settings_options
@click.option("--fill-model", type=click.Choice(["touch", "queue", "through", "ib-paper"]), help="How limits fill.")
@click.option("--batch", type=click.IntRange(1), help="Rows handed to the desk at once; changes nothing but speed.")
@click.option("--seed", type=int, help="Seed of everything random.")
@click.option("--latency-ms", type=click.IntRange(0), help="Time from an order's sending to its being active.")
@warm_option("none")
@click.option(
    "--save-warm",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Save what the detectors remember at the tape's end.",
)
@click.option("--run", "recorded_run", metavar="ID|last|yesterday", help="Repeat a recorded run; say what differs.")
@json_option
def replay(
    tapes: tuple[str, ...],
    config: Path | None,
    strategies: tuple[str, ...],
    journal: str | None,
    calendar: str | None,
    sets: tuple[str, ...],
    fill_model: str | None,
    batch: int | None,
    seed: int | None,
    latency_ms: int | None,
    warm: str | None,
    save_warm: Path | None,
    recorded_run: str | None,
    as_json: bool,
) -> None:
    """Replay TAPEs (default: the shipped demo) through the desk as fast as they go.

    \b
    paperpit replay
    paperpit replay demo --fill-model through --json
    paperpit replay my-tape.parquet --strategy drill-es.toml --calendar none
    paperpit replay monday.parquet --save-warm monday.npz
    paperpit replay tuesday.parquet --warm monday.npz
    paperpit replay --run last
    """
    gc.disable()  # until the desk stands; see bot.daemon.run
    flags = {"replay.fill_model": fill_model, "replay.latency_ms": latency_ms, "seed": seed}
    if save_warm is not None:
        _refuse_unwritable(save_warm)
    changes = [*sets, *(f"{key}={value}" for key, value in flags.items() if value is not None)]
    if recorded_run is not None:
        from bot.config.places import journal_named

        if tapes or strategies or config or calendar:
            raise UsageError(
                "--run takes tape, settings, strategies and calendar from the recorded run",
                allowed="--journal, --fill-model, --batch, --latency-ms, --warm, --save-warm, --set, --json",
            )
        repeated = [*sets, *([] if seed is None else [f"seed={seed}"])]
        wishes = Wishes(journal or journal_named(), repeated, fill_model, latency_ms)
        _again(recorded_run, wishes, batch, as_json, warm, save_warm)
        return
    bot, specs = read_settings(config, changes, strategies, calendar)
    if latency_ms is not None:
        specs = [without_latency(one) for one in specs]
    from bot.config import journal_url
    from bot.daemon import Asked
    from bot.journal import default_url
    from bot.warm import NONE, Wanted

    url = journal or journal_url(bot.value, changes) or default_url(replay=True)
    outcome = trade(_cut(Asked(bot, specs, url, "replay", tapes, warm=Wanted(warm or NONE, save=save_warm)), batch))
    _end(outcome, as_json)
    leave(outcome)


def _refuse_unwritable(path: Path) -> None:
    """Said before an hour of replay, not after it."""
    if not path.absolute().parent.is_dir():
        raise InputMissing("there is no such folder to save the detectors in", where=str(path.absolute().parent))


def _again(
    wanted: str,
    wishes: Wishes,
    batch: int | None,
    as_json: bool,
    warm: str | None,
    save_warm: Path | None,
) -> None:
    """A recorded run once more; exit 1 when anything differs."""
    asked, found_in, run = recorded(wanted, wishes)
    own = replace(asked.warm, start=warm or asked.warm.start, save=save_warm)
    outcome = trade(_cut(replace(asked, warm=own), batch))
    found = differences(found_in, run, outcome.journal, outcome.run)
    if as_json:
        print_json({**outcome.summary(), "diff": {"same": not found, "differences": found}})
    else:
        _end(outcome, as_json)
        click.echo(f"\n  against run {run}: " + ("no difference" if not found else f"{len(found)} differences"))
        first = causes(found)
        for one in first[:SHOWN]:
            click.echo(f"    {one['kind']}  {one['why']}")
        for sentence in following(found):
            click.echo(f"    {sentence}")
        if len(first) > SHOWN:
            click.echo(f"    … paperpit journal diff tells all of them: {run} against {outcome.run}")
    leave(outcome)
    if found:
        raise SystemExit(1)


def _end(outcome: "Outcome", as_json: bool) -> None:
    from bot.cli.story import tell

    if as_json:
        print_json(outcome.summary())
    else:
        tell(outcome)


def _cut(asked: "Asked", batch: int | None) -> "Asked":
    """Not through the settings' text: how a tape is cut changes nothing, so two such runs must not differ."""
    if batch is None:
        return asked
    settings = asked.bot.value.replay.model_copy(update={"batch": batch})
    return replace(asked, bot=replace(asked.bot, value=asked.bot.value.model_copy(update={"replay": settings})))
