"""What the statistics page says is what the command line says, and its drawings show every round trip once."""

import html
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.app import app
from bot.web.drawings import LEAST_R, MOST_R, scatter, spots, spread, steps
from tests.bench.year import build
from tests.playing import Played
from tests.rooms.journal.build import Told, the_lesson, writer
from tests.rooms.review.promising import promising
from tests.rooms.web.served import TOKEN, serving


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A live year with enough round trips to say something."""
    path = tmp_path_factory.mktemp("year") / "year.db"
    build(path, 1_000, 2_000)
    return path


async def test_figures_are_those_of_the_command_line_with_their_words(tmp_path: Path, year: Path) -> None:
    asked = ("journal", "stats", "--by", "kind", "--since", "2025-10-01", "--journal", str(year), "--json")
    groups = json.loads(CliRunner().invoke(app, asked).stdout)
    async with serving(tmp_path, "--journal", year) as site:
        page = await site.get("/stats?by=kind&since=2025-10-01")
        answer = await site.get("/api/v1/stats?by=kind&since=2025-10-01")
    assert json.loads(answer.text) == groups
    assert page.code == 200, page.text
    text = html.unescape(page.text)
    for group in groups:
        assert f"{group['group']}: {group['words']}" in text
        assert group["win_rate"]["words"] in text or f"{100 * group['win_rate']['value']:.0f} % (" in text
    assert "more round trips needed" in text or "enough round trips" in text
    assert "deflated" in text
    assert text.count("<svg") == 3
    assert f"{sum(group['round_trips'] for group in groups)} round trips on paper" in text


async def test_so_few_say_nothing_and_the_page_says_so(tmp_path: Path, reviewed: Played) -> None:
    async with serving(tmp_path, "--journal", reviewed.url) as site:
        page, none = await site.get("/stats"), await site.get("/stats?side=short&instrument=ES&since=2030-01-01")
        wrong = await site.get("/stats?by=luck")
    assert "round trips say nothing about an edge" in page.text
    assert "too few sessions" in page.text
    assert "None of them passes these filters" in none.text
    assert (wrong.code, "exit-reason" in wrong.text) == (400, True)


async def test_where_there_is_nothing_it_says_what_makes_some(tmp_path: Path) -> None:
    async with serving(tmp_path, "--journal", tmp_path / "nothing.db") as site:
        page = await site.get("/stats")
    assert (page.code, "paperpit replay" in page.text) == (200, True)


async def test_live_runs_stand_alone_and_what_is_left_out_is_said(tmp_path: Path) -> None:
    # given a live run and two replays in one journal
    url = f"sqlite:///{tmp_path / 'both.db'}"
    for run, adapter in (("live", "ib"), ("again", "replay"), ("more", "replay")):
        with writer(url, run=run, adapter=adapter) as journal:
            the_lesson(Told(journal))
            journal.finish({})
    async with serving(tmp_path, "--journal", url) as site:
        alone, replays = await site.get("/stats"), await site.get("/stats?market=replay")
        of_run = await site.get("/stats?run=again")
        # when somebody tags one, then the page knows of it at once
        tag = {"subject": "live-3", "tags": ["late"]}
        await site.send("tags", tag, authorization=f"Bearer {TOKEN}")
        tagged = await site.get("/stats?by=tag")
    assert "1 round trip on paper" in alone.text
    assert ">2 of replay</a>" in alone.text
    assert ("2 round trips on paper" in replays.text, "Left out" in replays.text) == (True, False)
    assert "1 round trip on paper" in of_run.text
    assert "late" in tagged.text


async def test_what_a_model_said_is_drawn_and_told_as_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    promising(path)
    asked = ("journal", "stats", "--calibration", "--journal", str(path), "--json")
    (told,) = json.loads(CliRunner().invoke(app, asked).stdout)
    async with serving(tmp_path, "--journal", path) as site:
        page, answer = await site.get("/stats"), await site.get("/api/v1/calibration")
        none, wrong = await site.get("/stats?side=short"), await site.get("/api/v1/calibration?by=hour")
        few = await site.get("/stats?until=2023-05-27")
    assert json.loads(answer.text) == [told]
    text = html.unescape(page.text)
    assert f"Model of {told['group']}" in text
    assert told["words"][1:] in text
    assert f"{told['brier']['value']:.3f} (" in text
    known = [one for one in told["bins"] if one["won"]["value"] is not None]
    assert text.count('class="reach"') == 2 * len(known) > 0
    assert "its monitor" in text.lower()
    assert "None of them passes" in none.text
    assert wrong.code == 400
    # of two days there are words instead of numbers, but the monitor has heard what it has heard
    assert "too few sessions (2 of 20) to tell" in few.text
    assert "after 96 outcomes" in few.text
    assert 'class="reach"' not in few.text


async def test_where_no_model_was_asked_the_page_says_how_one_is(tmp_path: Path, reviewed: Played) -> None:
    async with serving(tmp_path, "--journal", reviewed.url) as site:
        page, answer = await site.get("/stats"), await site.get("/api/v1/calibration?run=last")
    assert "No model was asked about these" in page.text
    assert json.loads(answer.text) == []


KNOWN = st.floats(-50, 50)
MADE = st.lists(st.tuples(st.none() | KNOWN, st.integers(0, 40), st.integers(0, 40), st.integers(-5, 5)), min_size=1)


@given(MADE)
def test_drawings_show_every_round_trip_once(made: list[tuple[float | None, int, int, int]]) -> None:
    trips = [SimpleNamespace(r_net=r, mae_ticks=against, mfe_ticks=favour, net=net) for r, against, favour, net in made]
    found, seen = steps(trips), spots(trips)
    known = [trip.r_net for trip in trips if trip.r_net is not None]
    assert sum(step.count for step in found) == len(known)
    for step in found:
        low = -float("inf") if step.low is None else step.low
        high = float("inf") if step.high is None else step.high
        assert step.count == sum(low <= r < high for r in known)
    assert sum(spot.count for spot in seen) == len(trips)
    if found:
        assert spread("a <b>", found, "k").count("<rect") == len(found)
        assert (found[0].low is None) == (min(known) < LEAST_R)
        assert (found[-1].high is None) == (max(known) >= MOST_R)
    drawn = scatter("a <b>", seen, "k")
    assert drawn.count("<circle") == len(seen)
    assert "<b>" not in drawn
