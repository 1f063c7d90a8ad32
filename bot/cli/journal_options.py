"""What every journal command takes: which journal, which run, which rows."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.cli.output import say

if TYPE_CHECKING:
    from bot.journal.filters import Filters
    from bot.journal.reading import Reader, RunInfo

Command = TypeVar("Command", bound=Callable[..., Any])

JOURNAL = click.option(
    "--journal", metavar="URL", help="A path, sqlite:///PATH or postgresql://…; URL#RUN names a run. Else the newest."
)
RUN = click.option("--run", metavar="ID", help="A run's id, 'last' or 'all'.")
FILTERS = (
    click.option("--adapter", default="", help="Only runs of this adapter."),
    click.option("--account", default="", help="Only runs of this account."),
    click.option("--strategy", default="", help="Only this strategy."),
    click.option("--instrument", default="", help="Only this product (ES) or contract (ESZ2026)."),
    click.option("--since", default="", metavar="TIME", help="From this time on: 2026-09-16, 2026-09-16T09:30 (ET)."),
    click.option("--until", default="", metavar="TIME", help="Before this time."),
    click.option("--day", default="", metavar="DAY", help="One exchange session: today, yesterday or a date."),
)


def journal_options(command: Command) -> Command:
    """`--journal` and `--run`."""
    return JOURNAL(RUN(command))


def filter_options(command: Command) -> Command:
    """The filters that every list takes, after `--journal` and `--run`."""
    for option in reversed(FILTERS):
        command = option(command)
    return journal_options(command)


@dataclass(frozen=True, slots=True)
class Opened:
    """A journal that is open for reading, with the runs that were asked for."""

    reader: "Reader"
    runs: "list[RunInfo]"

    def reviewed(
        self, journal: str | None, run: str | None, filters: "Filters"
    ) -> "tuple[list[RunInfo], dict[str, int]]":
        """Its runs, or the live paper ones where none is named; and how many of which adapter that leaves out."""
        from bot.review.live import live

        named = run is not None or bool(filters.adapter) or "#" in (journal or "")
        return (self.runs, {}) if named else live(self.runs)

    def id(self, given: str) -> str:
        """The whole id of a row: a bare ordinal is one of the run asked for."""
        return f"{self.runs[-1].run}-{given}" if given.isdigit() and self.runs else given


@contextmanager
def opened(journal: str | None, run: str | None, default: str = "last") -> Iterator[Opened]:
    """Open the journal asked for and choose its runs; says on standard error which journal it was, when it chose."""
    from bot.journal.choice import choose
    from bot.journal.reading import reading

    place, named, chosen = choose(journal)
    if chosen:
        say(f"journal {place.shown}")
    with reading(place) as reader:
        yield Opened(reader, reader.choose(run or named or default))


def filters_of(adapter: str, account: str, strategy: str, instrument: str, **times: str) -> "Filters":
    """The filters as the journal takes them. Raises UsageError for a time that is none."""
    from bot.clock import WallClock
    from bot.journal.filters import Filters, parse_day, parse_time

    since, until = times["since"], times["until"]
    return Filters(
        adapter=adapter,
        account=account,
        strategy=strategy,
        instrument=instrument,
        since_ns=parse_time(since, "--since") if since else None,
        until_ns=parse_time(until, "--until") if until else None,
        day=parse_day(times["day"]),
        now_ns=WallClock().now_ns() if times["day"] else 0,
    )


def say_left_out(left_out: Mapping[str, int]) -> None:
    """Which runs a review was not about, and how to have them."""
    for adapter, count in left_out.items():
        say(f"left out: {count} runs of adapter {adapter}; --adapter {adapter} reviews them")
