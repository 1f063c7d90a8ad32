"""Laws of an agenda whose strategies change within a day: nobody else's edges move, and nothing comes twice."""

from collections.abc import Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.config import instrument
from bot.domain.command import Command
from bot.ports import Edge
from bot.risk.blackout import Blackout
from bot.risk.calendar import EventCalendar
from bot.risk.calendar_import import read_csv
from bot.risk.schedule import Agenda, Watched, given_again
from bot.sessions import days_of

MINUTE = 60 * 10**9
FROM, TO = 1_795_046_400 * 10**9, 1_795_219_200 * 10**9  # two days of November 2026
CSV = "event,date_local,time_local,tz,ts_utc,status\n" + "".join(
    f"cpi,,,,2026-11-{day}T{hour:02}:30:00Z,scheduled\n" for day in (19, 20) for hour in (9, 14, 20)
)
CALENDAR = EventCalendar.of([read_csv(CSV, Path("my.csv"))], "my.csv")
DAYS = days_of(instrument("ES"), FROM, TO)


def watched(name: str, flat_by: str | None) -> Watched:
    return Watched(name, 0, DAYS, Blackout(CALENDAR, ("cpi",)), 5 * MINUTE, flat_by, on_blackout="flatten")


HOURS = st.one_of(st.none(), st.sampled_from(["10:00", "12:30", "15:55"]))
STRATEGIES = st.dictionaries(st.sampled_from("abc"), HOURS, min_size=1)
MOMENTS = st.integers(FROM + MINUTE, TO - MINUTE)


def taken(agenda: Agenda, until: int) -> list[Edge]:
    """What comes up to a moment, and not at it."""
    found = []
    while (agenda.next_due() or until) < until:
        found.append(agenda.take())
    return found


def of(edges: Sequence[Edge], names: set[str]) -> list[Edge]:
    return [edge for edge in edges if edge.strategy in names]


@given(STRATEGIES, STRATEGIES, MOMENTS)
def test_who_stays_keeps_every_edge_and_who_comes_has_those_of_a_desk_that_starts_then(
    before: dict[str, str | None], after: dict[str, str | None], now: int
) -> None:
    old = {name: watched(name, flat_by) for name, flat_by in before.items()}
    new = {
        name: old[name] if before.get(name, "") == flat_by else watched(name, flat_by)
        for name, flat_by in after.items()
    }
    agenda, untouched = Agenda([*old.values()], FROM, TO), Agenda([*old.values()], FROM, TO)
    earlier = taken(agenda, now)
    assert taken(untouched, now) == earlier
    agenda.revise([*new.values()], now)
    later = taken(agenda, TO)
    stay = {name for name in new if new[name] is old.get(name)}
    come = [one for name, one in new.items() if name not in stay]
    assert of(later, stay) == of(taken(untouched, TO), stay)
    assert of(later, new.keys() - stay) == taken(Agenda(come, now, TO), TO)
    assert {edge.strategy for edge in later} <= new.keys()


@given(st.lists(MOMENTS, min_size=2, max_size=4), MOMENTS)
def test_commands_of_one_moment_come_in_the_order_in_which_they_were_given(moments: list[int], now: int) -> None:
    told = [Command("pause", f"{at}-{number}", at) for at in moments for number in range(3)]
    agenda = Agenda([watched("a", None)], FROM, TO, given_again(told))
    found = taken(agenda, now)
    agenda.revise([watched("a", "10:00")], now)
    found += taken(agenda, TO)
    assert [edge.command for edge in found if edge.command] == sorted(told, key=lambda one: one.ts)
