"""`paperpit mqtt`: the desk by way of the message broker."""

from pathlib import Path

import click

from bot.cli.control import scope_options, show
from bot.cli.output import json_option, print_json
from bot.mqtt.judging import ALL, VERBS


@click.group()
def mqtt() -> None:
    """Speak to a desk through the message broker that bot.toml names; see docs/mqtt-commands.md."""


@mqtt.command()
@click.argument("verb", type=click.Choice(VERBS))
@scope_options
@click.option("--reason", default="", help="Why, for the journal.")
@click.option("--yes", is_flag=True, help="Really: a flatten leaves at market.")
@click.option("--desk", metavar="NAME", help="Which desk; the one of bot.toml when absent.")
@click.option("--config", "-c", type=click.Path(path_type=Path), help="The bot.toml to read.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="Set one key of bot.toml for this call.")
@json_option
def send(
    verb: str,
    strategy: str,
    instrument: str,
    reason: str,
    yes: bool,
    desk: str | None,
    config: Path | None,
    sets: tuple[str, ...],
    as_json: bool,
) -> None:
    """Sign a command, send it, and say what the desk did: status, pause, resume, cancel-entries, flatten, stop.

    \b
    paperpit mqtt send pause --reason lunch
    paperpit mqtt send flatten --yes --instrument ES
    """
    import asyncio

    from bot.config import load_bot
    from bot.control.asking import user
    from bot.mqtt.asking import ask, command

    bot = load_bot(config, sets)
    confirm = (instrument or ALL) if yes else ""
    said = command(verb, strategy=strategy, instrument=instrument, reason=reason, confirm=confirm, who=user())
    answer = asyncio.run(ask(bot.mqtt, desk or bot.desk, said))
    if as_json:
        print_json(answer)
    elif verb == "status":
        show(answer["status"])
    else:
        click.echo(answer["result"])
