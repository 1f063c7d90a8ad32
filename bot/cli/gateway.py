"""`paperpit gateway`: a simulated IB gateway to try the live path against."""

import asyncio
import signal
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.output import say
from bot.errors import UsageError

if TYPE_CHECKING:
    from adapters.gateway.server import Gateway

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--port", type=click.IntRange(0, 65_535), default=4002, show_default=True, help="0 = a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback only.")
@click.option("--tape", "tapes", multiple=True, metavar="TAPE", help="Tapes to play; none: the synthetic market, now.")
@click.option("--no-market", "silent", is_flag=True, help="No rows but those pushed through the control socket.")
@click.option("--instrument", "instruments", multiple=True, default=("ES",), help="Of a market without tapes.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the synthetic market.")
@click.option("--speed", default="1", show_default=True, metavar="X", help="Of a tape: 1, 60, max, hand.")
@click.option("--wait/--no-wait", default=None, help="Begin with the first subscription; a tape does by default.")
@click.option("--account", default="DU1234567", show_default=True, help="One id, or several with commas between.")
@click.option(
    "--fill-model",
    type=click.Choice(["ib-paper", "queue", "touch", "through"]),
    default="ib-paper",
    show_default=True,
    help="How limits fill.",
)
@click.option("--latency-ms", type=click.IntRange(0), default=0, show_default=True, help="From client to exchange.")
@click.option("--state", type=FILE, metavar="FILE", help="Keeps orders and positions over a restart.")
@click.option("--ledger", type=FILE, metavar="FILE", help="Appends what happens, one JSON object a line.")
@click.option("--control", type=FILE, metavar="PATH", help="A socket for faults and prices.")
@click.option("--fault", "faults", multiple=True, metavar="NAME[:ARG]", help="Goes wrong from the start.")
@click.option("--tick-by-tick", type=click.IntRange(0), default=3, show_default=True, help="Subscriptions to be had.")
@click.option("--lines", type=click.IntRange(0), default=100, show_default=True, help="Market-data lines to be had.")
def gateway(control: Path | None, **said: Any) -> None:
    """Stand in for IB Gateway on this machine: its protocol, a market, a paper account.

    \b
    paperpit gateway --tape demo
    paperpit run --adapter ib          in another terminal
    paperpit gateway --tape demo --speed 60 --fill-model queue --ledger ledger.jsonl
    paperpit gateway --instrument ES --instrument NQ
    paperpit gateway --tape demo --fault drop:5
    """
    opening, options = import_module("adapters.gateway.opening"), import_module("adapters.gateway.options")
    if said["silent"] and said["tapes"]:
        raise UsageError("--no-market and --tape exclude each other", do="leave one of them out")
    from bot.kernel import compiled
    from bot.log import configure

    if not compiled():
        say("compiling the market (once; some seconds)")
    configure(level="info")
    asyncio.run(_serve(opening.open_gateway(options.Options(control=control, **said)), control))


async def _serve(far: "Gateway", control: Path | None) -> None:
    """Serve until a signal comes or the market cannot go on."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stopped.set)
    await far.start()
    socket = None
    try:
        if control is not None:
            opened = import_module("adapters.gateway.control").Control(far, control)
            await opened.start()
            socket = opened
        say(f"listening on {far.options.host}:{far.port} as {far.account}, {far.describe()}")
        failed, stop = asyncio.create_task(far.failed()), asyncio.create_task(stopped.wait())
        await asyncio.wait((failed, stop), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if failed.done():
            failed.result()
        failed.cancel()
    finally:
        if socket is not None:
            await socket.stop()
        for finding in far.control({"do": "verdict"})["findings"]:
            say(f"verdict: {finding['name']}: {finding['about']}")
        await far.stop()
        say("stopped")
