"""`paperpit status | pause | resume | reload | cancel-entries | flatten | stop`: speaking to the running desk."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.cli.output import json_option, new_york, print_json

if TYPE_CHECKING:
    from bot.domain.command import Verb

Command = TypeVar("Command", bound=Callable[..., Any])
SHOWN = "{:<12}"


def desk_option(command: Command) -> Command:
    """`--desk NAME`: which of several."""
    return click.option("--desk", metavar="NAME", help="Which desk, where several run here.")(command)


def scope_options(command: Command) -> Command:
    """`--strategy`, `--instrument`: a part of it."""
    command = click.option("--instrument", default="", metavar="I", help="Only this product's.")(command)
    return click.option("--strategy", default="", metavar="N", help="Only this strategy's.")(command)


@click.command()
@desk_option
@json_option
@click.option("--exit-code", is_flag=True, help="Exit 1 unless the desk is trading.")
def status(desk: str | None, as_json: bool, exit_code: bool) -> None:
    """What the running desk is doing, and why it does not trade.

    \b
    paperpit status
    paperpit status --json
    """
    told = _tell("status", desk)
    if as_json:
        print_json(told)
    else:
        show(told)
    if exit_code and told["state"] != "trading":
        raise SystemExit(1)


@click.command()
@scope_options
@click.option("--reason", default="", help="Why, for the journal.")
@desk_option
def pause(strategy: str, instrument: str, reason: str, desk: str | None) -> None:
    """Close entries; what works and what is held stays as it is.

    \b
    paperpit pause --reason lunch
    """
    _say(_tell("pause", desk, strategy=strategy, instrument=instrument, reason=reason))


@click.command()
@scope_options
@click.option("--reason", required=True, help="Why, for the journal.")
@click.option("--clear-kill", is_flag=True, help="Clear the kill switch, too.")
@desk_option
def resume(strategy: str, instrument: str, reason: str, clear_kill: bool, desk: str | None) -> None:
    """Open entries again.

    \b
    paperpit resume --reason "back at the screen"
    """
    _say(_tell("resume", desk, strategy=strategy, instrument=instrument, reason=reason, clear_kill=clear_kill))


@click.command("cancel-entries")
@scope_options
@click.option("--reason", default="", help="Why, for the journal.")
@desk_option
def cancel_entries(strategy: str, instrument: str, reason: str, desk: str | None) -> None:
    """Cancel the entries that are working; positions stay under their stops."""
    _say(_tell("cancel-entries", desk, strategy=strategy, instrument=instrument, reason=reason))


@click.command()
@scope_options
@click.option("--yes", is_flag=True, help="Really: leave at market.")
@click.option("--reason", default="", help="Why, for the journal.")
@desk_option
def flatten(strategy: str, instrument: str, yes: bool, reason: str, desk: str | None) -> None:
    """Cancel entries, leave every position at market, and set the kill switch; says what cannot leave now.

    \b
    paperpit flatten --yes
    paperpit flatten --yes --strategy drill
    """
    from bot.errors import UsageError

    if not yes:
        raise UsageError("this leaves every position at market", do="paperpit flatten --yes")
    _say(_tell("flatten", desk, strategy=strategy, instrument=instrument, reason=reason))


@click.command()
@click.option("--reason", default="", help="Why, for the journal.")
@desk_option
def reload(reason: str, desk: str | None) -> None:
    """Read bot.toml, strategies and calendar again, and go on with them if all of it passes `check`.

    Strategies, the calendar and [risk] may change while the desk runs; what needs a restart is refused and named.

    \b
    paperpit reload
    paperpit reload --reason "wider stops for the afternoon"
    """
    _say(_tell("reload", desk, reason=reason))


@click.command()
@scope_options
@click.option("--reason", default="", help="Why, for the journal.")
@desk_option
def stop(strategy: str, instrument: str, reason: str, desk: str | None) -> None:
    """End the running desk in order: entries are cancelled, positions stay under their stops at the broker.

    With a strategy or an instrument only that stops, until it is resumed; the desk goes on.

    \b
    paperpit stop
    paperpit stop --strategy drill
    """
    _say(_tell("stop", desk, strategy=strategy, instrument=instrument, reason=reason))


def _tell(verb: "Verb", desk: str | None, **told: Any) -> dict[str, Any]:
    from bot import control
    from bot.control.asking import asked

    return control.tell(control.chosen(desk), asked(verb, **told))


def _say(told: Mapping[str, Any]) -> None:
    click.echo(told["result"])


def show(told: Mapping[str, Any]) -> None:
    """Facts as a trader wants them: may it trade, what is held, what works, what comes next."""
    from bot.log import scrub

    _line("state", told["state"] if told["mode"] == told["state"] else f"{told['state']}, {told['mode']}")
    for reason in told["reasons"]:
        _line("", reason)
    _line("account", scrub(str(told["account"])))
    _line("link", f"{told['link']}, {_lag(told['lag_ms'])}")
    for one in told["contracts"]:
        roll = f", entries until {one['roll_date']}" if one.get("roll_date") else ""
        _line("contract", f"{one['contract']}, last tick {_age(one['last_tick_age_ms'])}{roll}")
    _rows("position", told["positions"], "flat")
    for one in told.get("hedges", ()):
        _line("hedge", _hedge(one))
    _rows("order", told["working_orders"], "none works")
    day = told["day"]
    _line("day", f"{day['net']} USD, {day['round_trips']} round trips, {day['loss_used']} of {day['loss_limit']} lost")
    _line("next", _blackout(told["next_blackout"]))
    for one in told["strategies"]:
        warming = f", warming up {one['warmup']}" if one.get("warmup") else ""
        _line("strategy", f"{one['name']}: {one['state']}{warming}")
        if model := one.get("model"):
            _line("", f"its model lets nothing pass ({model['abstain']}): {model['do']}")
    _line("recording", "on" if told["recording"] is True else str(told["recording"] or "off"))
    _line("journal", told["journal"])
    _line("version", told["version"])


def _rows(name: str, rows: Sequence[Mapping[str, Any]], none: str) -> None:
    if not rows:
        _line(name, none)
    for row in rows:
        _line(name, "  ".join(f"{key} {value}" for key, value in row.items() if value is not None))


def _hedge(one: Mapping[str, Any]) -> str:
    told = f"{one['strategy']}: {one['position']:+d} {one['instrument']} against {one['hedge']:+d} {one['by']}"
    if one["since_ns"] is None:
        return told
    since = f", {one['seconds']:.0f} s" + (f": {one['why']}" if one["why"] else "")
    return f"{told}; {one['unhedged']:+g} not hedged ({one['tick_money']} a tick){since}"


def _line(name: str, text: object) -> None:
    click.echo(f"{SHOWN.format(name)} {text}")


def _lag(lag_ms: float | None) -> str:
    return "no tick yet" if lag_ms is None else f"{lag_ms:.0f} ms behind"


def _age(age_ms: float | None) -> str:
    return "not yet" if age_ms is None else f"{age_ms / 1000:.1f} s ago"


def _blackout(window: Mapping[str, Any] | None) -> str:
    if not window:
        return "no blackout ahead is known"
    return f"blackout {window['kind']} {new_york(window['from_ns'])} to {new_york(window['to_ns'])[11:]}"
