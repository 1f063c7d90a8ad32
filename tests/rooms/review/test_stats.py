"""Groups of round trips: they part what is there, never pool unlike markets, and count what was tried."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cli.journal import journal as commands
from bot.cli.stats import BY as OPTIONS
from bot.journal.figure_shapes import STATS
from bot.journal.filters import Filters
from bot.journal.lists import list_round_trips
from bot.journal.place import place
from bot.journal.reading import Reader, reading
from bot.review.estimates import Bootstrap
from bot.review.stats import BY, DEFLATED_MIN, Asked, Tried, figures, groups, sharpes, stats
from bot.review.trips import REGIMES, Trip, signals_of, trips
from tests.bench.year import build
from tests.rooms.journal.build import Told, the_lesson, writer
from tests.servers import postgres

QUICK = Bootstrap(draws=200)
STRATEGY = 'name = "lesson"\nstrategy = "{kind}"\ninstrument = "ES"\n[bracket]\nstop_ticks = {stop}\n'


def told(path: Path | str, run: str, *, stop: int = 3, kind: str = "absorption_reversal", **changed: Any) -> None:
    """A run with one round trip, made of a strategy with that stop."""
    config = {"bot.toml": "", "calendar": "none", "strategies/lesson.toml": STRATEGY.format(kind=kind, stop=stop)}
    with writer(str(path), run=run, config=config, **changed) as journal:
        the_lesson(Told(journal))
        journal.finish({"rows": 360})


@contextmanager
def read(path: Path) -> Iterator[Reader]:
    with reading(place(str(path))) as reader:
        yield reader


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small journal of a live year: 250 sessions, 1,000 round trips, 5,000 signals."""
    path = tmp_path_factory.mktemp("year") / "journal.db"
    build(path, 1_000, 5_000)
    return path


@pytest.fixture(scope="module")
def trips_of_year(year: Path) -> list[Trip]:
    with read(year) as reader:
        return trips(reader, reader.runs, Filters())


def test_a_trip_says_what_the_list_says_and_what_it_is_grouped_by(tmp_path: Path) -> None:
    told(tmp_path / "j.db", "one", adapter="ib", fill_model="")
    with read(tmp_path / "j.db") as reader:
        (trip,) = trips(reader, reader.runs, Filters())
        (listed,) = list_round_trips(reader, reader.runs, Filters())
    same = {key: value for key, value in listed.items() if key not in ("tags", "notes")}
    flat = {key: getattr(trip, key) for key in same}
    assert flat == {key: type(flat[key])(value) if value is not None else None for key, value in same.items()}
    assert (trip.session, trip.weekday, trip.hour, trip.kind) == (20230525, 3, 9, "absorption_rejection")
    assert (trip.market, trip.fill_model, trip.regime) == ("live", "broker", "unknown")
    assert trip.minutes == pytest.approx((1550 - 690) / 60)


def test_regimes_are_thirds_by_the_range_that_the_signal_saw(trips_of_year: list[Trip]) -> None:
    counts = {name: sum(trip.regime == name for trip in trips_of_year) for name in REGIMES}
    assert counts == {name: pytest.approx(1_000 / 3, abs=2) for name in REGIMES}


@settings(max_examples=30, deadline=None)
@given(by=st.lists(st.sampled_from(sorted(set(BY) - {"tag"})), max_size=3))
def test_groups_part_what_is_there(trips_of_year: list[Trip], by: list[str]) -> None:
    parts = [trip for group in groups(trips_of_year, by) for trip in group.trips]
    assert sorted(parts, key=lambda trip: trip.seq) == sorted(trips_of_year, key=lambda trip: trip.seq)


def test_the_sums_of_groups_are_those_of_the_whole(trips_of_year: list[Trip]) -> None:
    parts = [figures(group, QUICK, Tried()) for group in groups(trips_of_year, ["weekday", "hour"])]
    (whole,) = (figures(group, QUICK, Tried()) for group in groups(trips_of_year, ["strategy"]))
    for key in ("round_trips", "won", "lost"):
        assert sum(part[key] for part in parts) == whole[key]
    assert sum(Decimal(part["net"]) for part in parts) == Decimal(whole["net"])
    assert sum(part["r_net"] for part in parts) == pytest.approx(whole["r_net"], abs=1e-3)


def test_by_tag_a_round_trip_is_in_each_of_its_tags_and_else_untagged(trips_of_year: list[Trip]) -> None:
    first, second, *_ = trips_of_year
    found = groups([replace(first, tags=("early", "retest")), second], ["tag"])
    assert [(group.by["tag"], len(group.trips)) for group in found] == [("early", 1), ("retest", 1), ("untagged", 1)]


def test_unlike_markets_are_never_pooled(tmp_path: Path) -> None:
    # given the same round trip live, replayed, on the demo, made, under another fill model, and as a drill's
    path = tmp_path / "j.db"
    told(path, "live", adapter="ib", fill_model="")
    told(path, "replayed")
    told(path, "demo", tapes=[{"name": "demo"}])
    told(path, "made", adapter="synthetic")
    told(path, "touched", fill_model="touch")
    told(path, "drilled", kind="drill")
    # when they are grouped by something in which they are all alike
    with read(path) as reader:
        found = stats(reader, reader.runs, Filters(), Asked(("hour",), QUICK))
    # then each stands alone
    assert sorted(group["group"] for group in found) == [
        *("09:00 · broker", "09:00 · queue · demo", "09:00 · queue · replay", "09:00 · queue · replay · drill"),
        *("09:00 · queue · synthetic", "09:00 · touch · replay"),
    ]
    assert all(group["round_trips"] == 1 for group in found)


def test_settings_are_tries_names_comments_and_runs_are_not(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    told(path, "one")
    told(path, "again", adapter="ib", fill_model="")
    told(path, "other", stop=4)
    told(path, "drilled", kind="drill")
    with read(path) as reader:
        found = stats(reader, reader.runs, Filters(strategy="lesson", adapter="ib"), Asked(bootstrap=QUICK))
    assert [group["tries"] for group in found] == [2]


def test_who_looks_at_many_groups_has_tried_as_many_things(trips_of_year: list[Trip]) -> None:
    (group,) = groups(trips_of_year, ["strategy"])
    alone, among = (figures(group, QUICK, Tried(groups=number))["deflated_sharpe"] for number in (1, 40))
    assert (alone["tries"], among["tries"]) == (1, 40)
    assert among["value"] < alone["value"]


def test_the_tries_own_sharpe_ratios_are_what_the_best_is_deflated_by(trips_of_year: list[Trip]) -> None:
    # given two settings, each long enough tried to have a Sharpe ratio, and one that is not
    other = [replace(trip, setting="other") for trip in trips_of_year[:500]]
    short = [replace(trip, setting="short") for trip in trips_of_year[:40]]
    everything = [*trips_of_year, *other, *short]
    setting = trips_of_year[0].setting
    assert len(sharpes(everything, {setting, "other", "short"})) == 2
    (group,) = groups(trips_of_year, ["strategy"])
    made = figures(group, QUICK, Tried({setting, "other", "short"}, 1, everything))
    assert made["deflated_sharpe"]["best_of_tries"] > 0
    assert made["tries"] == 3


def test_the_verdict_follows_the_interval(trips_of_year: list[Trip]) -> None:
    mean = sum(trip.r_net or 0 for trip in trips_of_year) / len(trips_of_year)

    def words(shift: float, tries: int = 1) -> str:
        moved = [replace(trip, r_net=(trip.r_net or 0) - mean + shift) for trip in trips_of_year]
        (group,) = groups(moved, ["strategy"])
        return str(figures(group, QUICK, Tried(groups=tries))["words"])

    assert words(-1) == "loses after costs"
    assert words(0.01).startswith("cannot be told from nothing: ")
    assert words(1).startswith(f"gains after costs: deflated 1.00 of {DEFLATED_MIN} after 1 try in 1 group")
    assert words(0.12, 10_000).startswith(
        "gains after costs, but no more than the best of what was tried may by chance"
    )


def run(*words: str) -> Any:
    return CliRunner().invoke(commands, ["stats", *words])


@pytest.mark.parametrize("by", OPTIONS)
def test_every_way_to_group_is_in_the_published_shape(year: Path, by: str) -> None:
    ran = run("--journal", str(year), "--by", by, "--draws", "100", "--since", "2025-10-01", "--json")
    found = json.loads(ran.stdout)
    jsonschema.validate(found, STATS)
    assert {tuple(row) for row in found} == {tuple(STATS["items"]["required"])}
    assert sum(row["round_trips"] for row in found) > 100


def test_a_person_reads_one_table_with_what_may_be_said_of_it(year: Path) -> None:
    ran = run("--journal", str(year))
    assert ran.exit_code == 0
    assert "cannot be told from nothing" in ran.stdout
    assert "PAPER, fills by 'broker'. No claim of an edge." in ran.stdout
    assert "2,000 draws of whole sessions, seed 1" in ran.stdout


def test_csv_has_a_column_for_each_bound(year: Path) -> None:
    ran = run("--journal", str(year), "--csv", "--draws", "100")
    (cells,) = csv.DictReader(ran.stdout.splitlines())
    assert float(cells["win_rate_low"]) < float(cells["win_rate"]) < float(cells["win_rate_high"])


def test_what_is_not_live_is_left_out_and_said(tmp_path: Path) -> None:
    told(tmp_path / "j.db", "replayed")
    ran = run("--journal", str(tmp_path / "j.db"), "--json")
    assert json.loads(ran.stdout) == []
    assert "left out: 1 runs of adapter replay" in ran.stderr
    (group,) = json.loads(run("--journal", str(tmp_path / "j.db"), "--run", "last", "--json").stdout)
    assert group["win_rate"]["value"] is None
    assert group["words"] == "too few sessions (1 of 20) to tell"


def test_an_unknown_way_to_group_is_refused_with_those_that_there_are(year: Path) -> None:
    ran = run("--journal", str(year), "--by", "moon")
    assert ran.exit_code == 2
    assert "exit-reason" in ran.stderr


def test_only_signals_of_brackets_are_read(year: Path) -> None:
    # A year holds half a million of them, and every one carries its evidence.
    with read(year) as reader:
        assert len(signals_of(reader, reader.runs)) == 1_000
        assert next(reader.query("SELECT COUNT(*) FROM signal")) == (5_000,)


def test_it_is_the_same_on_postgresql(tmp_path: Path) -> None:
    def found(url: str) -> list[dict[str, Any]]:
        told(url, "demo", tapes=[{"name": "demo"}])
        told(url, "drilled", kind="drill")
        with reading(place(url)) as reader:
            return stats(reader, reader.runs, Filters(), Asked(("kind", "hour"), QUICK))

    with postgres() as server:
        assert found(server.database()) == found(str(tmp_path / "j.db"))
