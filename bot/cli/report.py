"""`paperpit journal report`: the evening's look at a day, on one screen."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.export import into
from bot.cli.journal_options import filter_options, filters_of, opened, say_left_out
from bot.cli.output import counted, json_option, new_york, print_json, say
from bot.review.words import no_edge

if TYPE_CHECKING:
    from bot.review.export.page import SoFar

LINKS_SHOWN = 10
SHOWN_OF_RULES = ("once", "alone")
"""Of a rule's three ways to count: what would have passed without it. The others are in --json and on the page."""


@click.command()
@click.option(
    "--html", type=click.Path(path_type=Path), metavar="FILE", help="Write it as one page that needs nothing else."
)
@click.option("--blocked", is_flag=True, help="Also what the refusals would have made: their tapes are asked.")
@filter_options
@json_option
def report(
    html: Path | None, blocked: bool, journal: str | None, run: str | None, as_json: bool, **wanted: Any
) -> None:
    """Review a day: what was traded, what was refused and why, what went wrong.

    Without --run or --adapter it speaks of the live paper runs only, and says what it left out.

    \b
    paperpit journal report --day today
    paperpit journal report --run last
    paperpit journal report --day yesterday --html yesterday.html
    """
    from bot.cli.refused import refusals
    from bot.review.estimates import Bootstrap
    from bot.review.export.page import so_far
    from bot.review.report import report as facts_of

    filters = filters_of(**wanted)
    with opened(journal, run, "all") as found:
        runs, left_out = found.reviewed(journal, run, filters)
        reviewed = filters.started(runs, found.reader) if filters.day else runs
        facts = {**facts_of(found.reader, reviewed, filters), "left_out": left_out}
        if blocked:
            facts["worth"] = refusals(found.reader, reviewed, filters, ("rule",), Bootstrap())
        if html is not None:
            _write(html, facts, so_far(found.reader, runs, reviewed, filters, facts))
    if as_json:
        print_json(facts)
    elif html is None:
        _show(facts)
    say_left_out(left_out)


def _write(out: Path, facts: Mapping[str, Any], known: "SoFar") -> None:
    from importlib.metadata import version

    from bot.review.export.page import page

    with into(out) as file:
        file.write(page(facts, known, version("paperpit")).encode())
    say(f"{len(facts['round_trips']):,} round trips reviewed in {out}: open it in a browser")


def _show(facts: Mapping[str, Any]) -> None:
    if not facts["runs"]:
        click.echo("no live paper run to review: paperpit run, or --run last for a replay")
        return
    from bot.review.looks import said

    for one in facts["runs"]:
        ended = f"to {new_york(one['ended_ns'])[11:19]}" if one["ended_ns"] else one["state"]
        model = f", fills by '{one['fill_model']}'" if one["fill_model"] else ""
        click.echo(f"run {one['run']}  {new_york(one['started_ns'])[:19]} {ended}  {one['adapter']}{model}")
    click.echo()
    _line("signals", counted(facts["signals"]) or "none")
    dry = f", {facts['would_place']} would have been placed (dry)" if facts["would_place"] else ""
    _line("approved", f"{facts['approved']}{dry}")
    _line("blocked", counted(facts["blocked"]) or "none")
    for one in facts.get("worth", ()):
        if one["counted"] in SHOWN_OF_RULES:
            would = f"{one['filled']} of {one['refused']} would have been round trips{_r(one['r_net'])}"
            _line("", f"{one['group']}: {would}")
    for trip in facts["round_trips"]:
        _line(
            "round trip",
            f"{trip['id'].rpartition('-')[2]:>6}  {new_york(trip['entry_ns'])[11:19]}  {trip['side']:5} "
            f"{trip['quantity']} {trip['contract']}  {trip['entry_price']} → {trip['exit_price']}  "
            f"{trip['exit_reason']:8} {trip['ticks']:+} ticks  {trip['net']} USD{_r(trip['r_net'])}",
        )
    for group in facts["groups"]:
        _line(
            "net",
            f"{group['net']} USD{_r(group['r_net'])}  {group['group']}: {group['won']} won, {group['lost']} lost "
            f"of {group['round_trips']}",
        )
        _line("", said(group["mean_r"]))
    for link in facts["links"][:LINKS_SHOWN]:
        _line("link", f"{new_york(link['ts_ns'])[11:19]}  {link['state']}  {link['code']}")
    if len(facts["links"]) > LINKS_SHOWN:
        _line("link", f"… and {len(facts['links']) - LINKS_SHOWN} more changes: --json")
    if facts["anomalies"]:
        _line("odd ticks", counted(facts["anomalies"]))
    for command in facts["commands"]:
        _line("told", f"{new_york(command['ts_ns'])[11:19]}  {command['verb']}  {command['reason']}".rstrip())
    if words := no_edge(len(facts["round_trips"])):
        click.echo(f"\n{words}")


def _line(name: str, text: str) -> None:
    click.echo(f"{name:<11}{text}")


def _r(value: float | None) -> str:
    return "" if value is None else f"  {value:+.2f} R"
