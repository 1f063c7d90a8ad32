"""The end of a run as a person reads it: what was seen, what was refused and why, what came of the rest, what next."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from bot.cli.output import called, counted, new_york
from bot.cli.output import tell as tell_operator
from bot.review.words import no_edge

if TYPE_CHECKING:
    from bot.daemon import Outcome


def tell(outcome: "Outcome") -> None:
    """Print the story of a run that is over."""
    tally = outcome.tally
    speed = tally.rows / outcome.seconds if outcome.seconds else 0
    click.echo(f"\nPAPER ONLY. {tally.rows:,} ticks in {outcome.seconds:.1f} s ({speed / 1e6:.1f} M ticks/s)\n")
    click.echo(f"  seen         {tally.bars:,} bars, {_counted(tally.signals) or 'no signal'}")
    click.echo(f"  approved     {tally.approved}")
    click.echo(f"  blocked      {tally.blocked}{_because(tally.refusals)}")
    if outcome.anomalies:
        click.echo(f"  odd ticks    {_counted(outcome.anomalies)}")
    trips, blocked = _lists(outcome)
    _round_trips(outcome, trips)
    _next(outcome, (trips or blocked)[-1:])


def tell_of_earlier(url: str) -> None:
    """Say on standard error which earlier run of this journal was cut off, if its newest one was."""
    from bot.errors import InputMissing
    from bot.journal.place import place
    from bot.journal.reading import reading

    try:
        with reading(place(url)) as reader:
            newest = max(reader.runs, key=lambda run: run.started_ns, default=None)
            if newest is not None and reader.state(newest.run) == "cut-off":
                tell_operator(
                    "cut-off",
                    f"note: run {newest.run} of {new_york(newest.started_ns)} was cut off: it has no end, and its "
                    "process is gone. What it had written is kept; this is a new run.",
                )
    except InputMissing:
        return


def _round_trips(outcome: "Outcome", rows: Sequence[dict[str, Any]]) -> None:
    click.echo(f"  round trips  {len(rows)}, {outcome.net_ticks:+d} ticks before commission")
    for row in rows:
        number, entered = row["id"].rpartition("-")[2], new_york(row["entry_ns"])[11:19]
        click.echo(
            f"    {number:>6}  {entered}  {row['side']:5} {row['quantity']} {row['contract']}  "
            f"{row['entry_price']} → {row['exit_price']}  {row['exit_reason']:8} "
            f"{row['ticks']:+} ticks  {row['r']:+.2f} R"
        )
    click.echo(f"               filled by the '{outcome.adapter.fill_model}' model; 'touch' and 'through' bound it")
    if words := no_edge(len(rows)):
        click.echo(f"\n  {words}")


def _next(outcome: "Outcome", told: Sequence[dict[str, Any]]) -> None:
    command = called()
    click.echo(f"\n  journal      {outcome.journal}   run {outcome.run}")
    click.echo(f"  next         {command} journal round-trips")
    click.echo(f"               {command} journal blocked")
    if told:
        click.echo(f"               {command} journal explain {told[0]['id'].rpartition('-')[2]}")
    click.echo(f"               {command} serve")


def _lists(outcome: "Outcome") -> tuple[Sequence[dict[str, Any]], Sequence[dict[str, Any]]]:
    """The run's round trips and its refusals."""
    from bot.journal.filters import Filters
    from bot.journal.lists import list_blocked, list_round_trips
    from bot.journal.place import place
    from bot.journal.reading import reading

    with reading(place(outcome.journal)) as reader:
        runs = reader.choose(outcome.run)
        return list_round_trips(reader, runs, Filters()), list_blocked(reader, runs, Filters())


def _counted(counts: Any) -> str:
    return counted(dict(sorted(counts.items(), key=lambda one: -one[1])))


def _because(refusals: Any) -> str:
    return f" ({_counted(refusals)})" if refusals else ""
