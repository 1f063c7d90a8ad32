"""`paperpit replay [TAPE…]`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.output import json_option, print_json
from bot.cli.trading import leave, read_settings, settings_options, trade

if TYPE_CHECKING:
    from bot.config.files import ReplaySettings


@click.command()
@click.argument("tapes", nargs=-1)
@settings_options
@click.option("--fill-model", type=click.Choice(["touch", "queue", "through", "ib-paper"]), help="How limits fill.")
@click.option("--batch", type=click.IntRange(1), help="Rows handed to the desk at once; changes nothing but speed.")
@click.option("--seed", type=int, help="Seed of everything random.")
@click.option("--latency-ms", type=click.IntRange(0), help="Time from an order's sending to its being active.")
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
    as_json: bool,
) -> None:
    """Replay TAPEs (default: the shipped demo) through the desk as fast as they go.

    \b
    paperpit replay
    paperpit replay demo --fill-model through --json
    paperpit replay my-tape.parquet --strategy drill-es.toml --calendar none
    """
    from bot.cli.story import tell
    from bot.daemon import Asked
    from bot.journal import default_url

    flags = {
        "replay.fill_model": fill_model,
        "replay.latency_ms": latency_ms,
        "seed": seed,
    }
    set_flags = [f"{key}={value}" for key, value in flags.items() if value is not None]
    bot, specs = read_settings(config, [*sets, *set_flags], strategies)
    if calendar is not None:
        bot = replace(bot, value=bot.value.model_copy(update={"calendar": calendar}))
    if batch is not None:
        # Not through the settings' text: how a tape is cut changes nothing, so two such runs must not differ.
        bot = replace(bot, value=bot.value.model_copy(update={"replay": _cut(bot.value.replay, batch)}))
    if latency_ms is not None:
        # A flag wins over what a strategy says of latency.
        specs = [
            replace(one, value=one.value.model_copy(update={"replay": type(one.value.replay)(latency_ms=None)}))
            for one in specs
        ]
    asked = Asked(bot, specs, journal or bot.value.journal.url or default_url(replay=True), "replay", tapes)
    outcome = trade(asked)
    if as_json:
        print_json(outcome.summary())
    else:
        tell(outcome)
    leave(outcome)


def _cut(settings: "ReplaySettings", batch: int) -> "ReplaySettings":
    return settings.model_copy(update={"batch": batch})
