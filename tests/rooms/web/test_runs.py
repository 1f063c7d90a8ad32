"""What two runs did differently, in a browser: the same as on the command line."""

from html import unescape
from pathlib import Path

from tests.rooms.journal.build import Told, the_lesson, writer
from tests.rooms.web.served import serving

STRANGE = "<img src=x onerror=alert(1)>"


def journal(folder: Path) -> str:
    """Two replays of one tape, under two fill models: one won, one was refused."""
    url = f"sqlite:///{folder / 'journal.db'}"
    with writer(url, run="one") as told:
        the_lesson(Told(told))
        told.finish({"rows": 360})
    with writer(url, run="two", fill_model="touch", strategies=[STRANGE]) as told:
        Told(told).bracket(660)
        Told(told).blocked(44 * 60)
        told.finish({"rows": 360})
    return url


async def test_two_runs_are_held_against_each_other(tmp_path: Path) -> None:
    async with serving(tmp_path, "--journal", journal(tmp_path)) as site:
        runs = await site.get("/runs")
        chosen = await site.get("/runs?a=one&b=two")
        found = unescape((await site.get("/runs/one/diff/two")).text)
        same = await site.get("/runs/one/diff/one")
        codes = {
            path: (await site.get(path)).code for path in ("/runs?a=one", "/runs/one/diff/last", "/runs/one/diff/x")
        }
    assert runs.text.count('name="a"') == 2
    assert STRANGE not in runs.text
    assert (chosen.code, chosen.headers["location"]) == (303, "/runs/one/diff/two")
    assert "fill_model is 'queue' in A, 'touch' in B" in found
    assert "from the other fill model" in found
    assert "No difference." in same.text
    assert codes == {"/runs?a=one": 400, "/runs/one/diff/last": 400, "/runs/one/diff/x": 404}


async def test_without_a_run_they_say_what_makes_one(tmp_path: Path) -> None:
    async with serving(tmp_path, "--journal", tmp_path / "none.db") as site:
        for path in ("/runs", "/runs/a/diff/b"):
            page = await site.get(path)
            assert (path, page.code, "There is no run in" in page.text) == (path, 200, True)
