"""Windows around news: exact edges, unknown dates, wider ones, clock changes, and the answer in logarithmic time."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.strategy_file import BlackoutSettings
from bot.errors import ConfigError
from bot.resources import shipped
from bot.risk.blackout import Blackout
from bot.risk.calendar import EventCalendar, must_refuse_replay

NEW_YORK = ZoneInfo("America/New_York")
ES = ("fomc", "cpi", "nfp", "ppi")
SHIPPED = EventCalendar.load(str(shipped("config/calendar")))  # not what this user has imported
HEADER = "event,date_local,time_local,tz,ts_utc,status\n"


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp()) * 10**9


def told(tmp_path: Path, rows: str) -> EventCalendar:
    path = tmp_path / "own.csv"
    path.write_text(HEADER + rows)
    return EventCalendar.load(str(path))


def kinds(blackout: Blackout, at: str) -> list[str]:
    return sorted(window.kind for window in blackout.at(ns(at)))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-12-09 13:29:59", []),
        ("2026-12-09 13:30:00", ["fomc_statement"]),
        ("2026-12-09 14:00:00", ["fomc_press_conference", "fomc_statement"]),
        ("2026-12-09 15:10:00", ["fomc_press_conference", "fomc_statement"]),
        ("2026-12-09 15:29:59", ["fomc_press_conference", "fomc_statement"]),
        ("2026-12-09 15:30:00", []),
        ("2026-12-30 13:54:59", []),
        ("2026-12-30 13:55:00", ["fomc_minutes"]),
        ("2026-12-30 14:14:59", ["fomc_minutes"]),
        ("2026-12-30 14:15:00", []),
        ("2026-12-10 08:24:59", []),
        ("2026-12-10 08:25:00", ["cpi"]),
        ("2026-12-10 08:45:00", []),
        ("2026-12-04 08:30:00", ["nfp"]),
        ("2026-12-15 08:30:00", ["ppi"]),
        ("2026-12-02 10:30:00", []),  # petroleum does not close an index
        ("2026-03-11 08:30:00", ["cpi"]),  # three days after the clocks went forward
    ],
)
def test_the_shipped_windows_of_an_index(at: str, expected: list[str]) -> None:
    assert kinds(Blackout(SHIPPED, ES), at) == expected


@pytest.mark.parametrize(
    ("at", "closed"),
    [
        ("2026-12-02 10:24:59", False),
        ("2026-12-02 10:25:00", True),
        ("2026-12-02 10:45:00", False),
        ("2026-11-12 10:29:59", False),  # Thursday after Veterans Day: 11:00 or 12:00, so all of it
        ("2026-11-12 10:30:00", True),
        ("2026-11-12 12:14:59", True),
        ("2026-11-12 12:15:00", False),
        ("2026-11-11 10:30:00", False),
    ],
)
def test_petroleum_closes_crude(at: str, closed: bool) -> None:
    assert bool(Blackout(SHIPPED, ("eia",)).at(ns(at))) is closed


def test_a_window_says_what_when_and_from_where() -> None:
    (window,) = Blackout(SHIPPED, ("cpi",)).at(ns("2026-12-10 08:30"))
    assert window.event_ns == ns("2026-12-10 08:30")
    assert (window.from_ns, window.to_ns) == (ns("2026-12-10 08:25"), ns("2026-12-10 08:45"))
    assert (window.status, window.source.split(":")[0]) == ("scheduled", "bls.csv")
    assert "08:25–08:45" in window.why


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2027-03-09 08:25", ["cpi", "nfp", "ppi"]),
        ("2027-03-09 08:24", []),
        ("2027-03-09 08:45", []),
        ("2027-03-13 08:30", []),  # Saturday
        ("2027-03-09 12:00", []),
        ("2028-03-14 13:30", ["fomc_minutes", "fomc_press_conference", "fomc_statement"]),  # Tuesday
        ("2028-03-16 14:00", []),  # Thursday
        ("2028-03-15 15:30", []),
        ("2024-06-05 08:30", ["cpi", "nfp", "ppi"]),
    ],
)
def test_unknown_dates_close_only_the_hours_in_which_they_can_come(at: str, expected: list[str]) -> None:
    assert kinds(Blackout(SHIPPED, ES), at) == expected


def test_an_unknown_window_says_until_when_the_dates_reach_and_what_to_do() -> None:
    window = Blackout(SHIPPED, ("cpi",)).at(ns("2027-03-09 08:30"))[0]
    assert window.status == "unknown"
    assert "2027-01-01" in window.why
    assert "paperpit calendar import" in window.why


def test_a_kind_that_nobody_described_closes_the_business_day_while_unknown(tmp_path: Path) -> None:
    blackout = Blackout(told(tmp_path, "cpi,2026-12-10,08:30,America/New_York,,scheduled\n"), ("gdp",))
    assert kinds(blackout, "2026-12-10 08:00") == ["gdp"]
    assert kinds(blackout, "2026-12-10 16:30") == []


def test_a_date_without_an_hour_closes_its_business_day(tmp_path: Path) -> None:
    blackout = Blackout(told(tmp_path, "cpi,2026-12-10,,America/New_York,,scheduled\n"), ("cpi",))
    assert kinds(blackout, "2026-12-10 07:59:59") == []
    assert kinds(blackout, "2026-12-10 08:00") == kinds(blackout, "2026-12-10 16:29:59") == ["cpi"]


def test_an_estimate_closes_like_any_event() -> None:
    windows = Blackout(SHIPPED, ("nfp",)).at(ns("2027-02-05 08:30"))
    assert [window.status for window in windows] == ["estimate", "unknown"]


def test_without_a_calendar_everything_is_closed_and_it_says_why(tmp_path: Path) -> None:
    calendar = EventCalendar.load(str(tmp_path))
    (window,) = Blackout(calendar, ()).at(ns("2026-12-25 03:00"))
    assert str(tmp_path) in window.why
    assert window.kind == "calendar"


def test_when_none_is_wanted_nothing_is_closed() -> None:
    blackout = Blackout(EventCalendar.load("none"), ES)
    assert blackout.at(ns("2026-12-09 14:00")) == ()
    assert blackout.edges(ns("2026-12-09 00:00"), ns("2026-12-10 00:00")) == ()


def test_a_strategy_may_widen_a_window() -> None:
    wider = BlackoutSettings(before={"cpi": "30m", "fomc": "45m"}, after={"fomc": "75m"})  # type: ignore[dict-item]
    blackout = Blackout(SHIPPED, ES, wider)
    assert kinds(blackout, "2026-12-10 08:00") == ["cpi"]
    assert kinds(blackout, "2026-12-09 13:15") == ["fomc_statement"]
    assert "fomc_press_conference" in kinds(blackout, "2026-12-09 15:44:59")
    assert kinds(blackout, "2026-12-09 15:45") == []


@pytest.mark.parametrize(
    ("key", "kind"), [("before", "cpi"), ("after", "fomc_minutes"), ("before", "fomc"), ("after", "fomc")]
)
def test_a_strategy_may_not_narrow_one(key: str, kind: str) -> None:
    with pytest.raises(ConfigError, match=f"{key}.{kind}.*narrower"):
        Blackout(SHIPPED, ES, BlackoutSettings(**{key: {kind: "1m"}}))  # type: ignore[arg-type]


def test_edges_are_where_windows_begin_and_end() -> None:
    edges = Blackout(SHIPPED, ES).edges(ns("2026-12-09 14:00"), ns("2026-12-11 00:00"))
    assert edges == tuple(map(ns, ("2026-12-09 14:00", "2026-12-09 15:30", "2026-12-10 08:25", "2026-12-10 08:45")))


@pytest.mark.parametrize(
    ("first", "kinds", "refused"),
    [
        ("2025-12-31 23:59", ES, "cpi"),
        ("2026-01-01 00:00", ES, None),
        ("2024-12-31 23:59", ("fomc",), "fomc_statement"),
        ("2025-06-01 00:00", ("fomc",), None),
        ("2030-01-01 00:00", ES, None),  # after the end its hours are closed, as in the daemon
        ("2013-10-07 09:30", (), None),
        ("2013-10-07 09:30", ("gdp",), None),  # in no file: its hours are closed, whatever the year
    ],
)
def test_a_replay_is_refused_only_before_the_first_date_of_a_kind_that_it_needs(
    first: str, kinds: tuple[str, ...], refused: str | None
) -> None:
    why = must_refuse_replay(SHIPPED, kinds, ns(first))
    assert (why is None) is (refused is None)
    if refused:
        assert why is not None
        assert refused in why
        assert "--calendar FILE" in why
        assert "--calendar none" in why


def test_a_replay_without_any_calendar_is_refused_but_not_when_none_is_wanted(tmp_path: Path) -> None:
    assert "--calendar none" in (
        must_refuse_replay(EventCalendar.load(str(tmp_path)), ES, ns("2026-12-09 14:00")) or ""
    )
    assert must_refuse_replay(EventCalendar.load("none"), ES, 0) is None


def test_a_calendar_of_one_event_covers_the_session_of_its_day(tmp_path: Path) -> None:
    calendar = told(tmp_path, "fomc_statement,2023-05-25,10:00,America/New_York,,scheduled\n")
    assert must_refuse_replay(calendar, ES, ns("2023-05-24 18:00")) is None
    assert "fomc_statement" in kinds(Blackout(calendar, ES), "2023-05-25 09:41")


events = st.lists(
    st.tuples(
        st.sampled_from(["cpi", "nfp", "fomc_statement", "fomc_minutes", "eia", "gdp"]),
        st.datetimes(datetime(2026, 2, 1), datetime(2026, 4, 1)),  # noqa: DTZ001 - hypothesis wants naive bounds
    ),
    min_size=1,
    max_size=30,
)


@given(events, st.lists(st.integers(0, 60 * 24 * 60), min_size=1, max_size=50))
def test_the_quick_answer_is_the_plain_one(
    tmp_path_factory: pytest.TempPathFactory, found: list, minutes: list
) -> None:  # type: ignore[type-arg]
    rows = "".join(f"{kind},,,,{at.replace(tzinfo=UTC, second=0):%Y-%m-%dT%H:%M:00Z},rule\n" for kind, at in found)
    calendar = told(tmp_path_factory.mktemp("calendar"), rows)
    blackout = Blackout(calendar, ("fomc", "cpi", "nfp", "eia", "gdp"))
    start, end = ns("2026-01-30 00:00"), ns("2026-04-03 00:00")
    every = blackout.windows(start, end)
    for minute in minutes:
        at = start + minute * 60 * 10**9
        plain = {(window.kind, window.from_ns) for window in every if window.from_ns <= at < window.to_ns}
        unknown = {(window.kind, window.from_ns) for window in blackout.at(at)}
        assert unknown == plain


@given(st.integers(ns("2026-01-01 00:00"), ns("2029-01-01 00:00")))
def test_nothing_changes_between_two_edges(at: int) -> None:
    blackout = Blackout(SHIPPED, (*ES, "eia"))
    edges = blackout.edges(at, at + 86_400 * 10**9)
    if edges:
        assert blackout.at(edges[0] - 1) == blackout.at(at) or edges[0] == at
