"""`paperpit run`."""

import gc
import json
from pathlib import Path

import click

from bot.cli.trading import judged, leave, read_settings, settings_options, trade_on, warm_option


@click.command()
@settings_options
@click.option("--adapter", help="Broker adapter; see `paperpit adapters`.")
@click.option("--desk", metavar="NAME", help="This desk's name, where several run on one machine.")
@warm_option("auto")
@click.option("--dry", is_flag=True, help="Everything but orders; approvals are journalled as would-place.")
@click.option("--fault-points", is_flag=True, help="For tests of recovery: let PAPERPIT_FAULT=name:n:kill happen.")
@click.option("--once", is_flag=True, help="End with the session instead of waiting for the next one.")
def run(
    config: Path | None,
    strategies: tuple[str, ...],
    journal: str | None,
    calendar: str | None,
    sets: tuple[str, ...],
    adapter: str | None,
    desk: str | None,
    warm: str | None,
    dry: bool,
    once: bool,
    fault_points: bool,
) -> None:
    """Start the desk and let it trade, session after session, until the market ends or it is stopped.

    \b
    paperpit run
    paperpit run --dry
    paperpit run --strategy drill-es.toml --set risk.max_daily_loss_usd=200
    """
    gc.disable()  # until the desk stands; see bot.daemon.run
    from bot.cli.story import tell
    from bot.config import journal_url
    from bot.daemon import Asked, Read
    from bot.journal import default_url
    from bot.log import configure
    from bot.risk.calendar import EventCalendar
    from bot.tape import tapes_folder
    from bot.warm import AUTO, Wanted

    _arm(fault_points)
    flags = {"adapter": adapter, "desk": desk}
    # Quoted: a desk may be named 7.
    changes = [*sets, *(f"{key}={json.dumps(value)}" for key, value in flags.items() if value is not None)]

    def read() -> Asked:
        bot, specs = read_settings(config, changes, strategies, calendar)
        url = journal or journal_url(bot.value, changes) or default_url(replay=False)
        memory, durability = Wanted(warm or AUTO, keep=True), bot.value.journal.durability
        return Asked(bot, specs, url, durability, dry=dry, warm=memory, record_to=tapes_folder(), again=again)

    def again() -> Read:
        judged(config, changes, strategies, calendar)
        new = read()
        return Read(new, EventCalendar.load(new.bot.value.calendar))

    asked = read()
    log = asked.bot.value.log
    configure(level=log.level, as_json=None if log.format == "auto" else log.format == "json")
    outcome = trade_on(asked, once=once, tell=tell)
    tell(outcome)
    leave(outcome)


def _arm(wanted: bool) -> None:
    """Let the environment's fault happen, if both it and the flag ask for it. Raises UsageError."""
    import os

    from bot import faults
    from bot.errors import UsageError

    text = os.environ.get(faults.ENVIRONMENT, "")
    if text and not wanted:
        raise UsageError(f"{faults.ENVIRONMENT} is set and --fault-points is not", do="unset it, or give the flag")
    try:
        faults.arm(text)
    except ValueError as error:
        raise UsageError(str(error)) from error
