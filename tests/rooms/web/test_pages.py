"""What a person sees in a browser: the day, the calendar, the health of it all, and what to do without any of it."""

import json
import os
from pathlib import Path

import jsonschema
import pytest

from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.shapes import SINGLE
from bot.web.site import PAGES
from tests.playing import Played
from tests.programs import ended, program
from tests.rooms.web.served import TOKEN, served, serving


async def test_a_day_that_was_replayed_is_there_to_read(tmp_path: Path, reviewed: Played) -> None:
    # given a journal, when every page is opened
    async with serving(tmp_path, "--journal", reviewed.url) as site:
        pages = {path: await site.get(path) for path, _ in PAGES}
    # then each is a page, and today tells what the lists tell
    assert {path: page.code for path, page in pages.items()} == {path: 200 for path, _ in PAGES}
    today = pages["/"].text
    assert f"Round trips of run {reviewed.outcome.run}" in today
    assert all(trip["entry_price"] in today for trip in reviewed.round_trips)
    assert reviewed.blocked[-1]["reasons"][0]["message"] in today
    assert "say nothing about an edge" in today
    assert "No desk writes this journal now" in today
    assert "cpi" in pages["/calendar"].text
    assert reviewed.url.removeprefix("sqlite:///") in pages["/health"].text


async def test_a_place_without_a_journal_says_what_makes_one(tmp_path: Path) -> None:
    async with serving(tmp_path, "--journal", tmp_path / "nothing.db") as site:
        today, health = await site.get("/"), await site.get("/health")
    assert (today.code, health.code) == (200, 200)
    assert "paperpit replay" in today.text


async def test_a_journal_of_an_older_schema_says_how_it_is_upgraded(tmp_path: Path, reviewed: Played) -> None:
    older = tmp_path / "older.db"
    older.write_bytes(Path(reviewed.url.removeprefix("sqlite:///")).read_bytes())
    code, said = await ended("db", "downgrade", "--to", "0004", "--yes", "--journal", older)
    assert code == 0, said.words
    async with serving(tmp_path, "--journal", older) as site:
        today = await site.get("/")
    assert today.code == 503
    assert "paperpit db upgrade" in today.text


async def test_a_page_that_is_not_there_says_so(tmp_path: Path, reviewed: Played) -> None:
    async with serving(tmp_path, "--journal", reviewed.url) as site:
        page, answer = await site.get("/nowhere"), await site.get("/api/v1/nowhere")
    assert (page.code, answer.code) == (404, 404)
    assert "there is no page /nowhere" in page.text
    assert answer.headers["content-type"] == "application/json"


async def test_a_taken_port_and_a_token_that_others_may_read_are_refused(tmp_path: Path, reviewed: Played) -> None:
    async with serving(tmp_path, "--journal", reviewed.url) as site:
        port = site.address.rpartition(":")[2]
        code, said = await ended("serve", "--port", port, "--token-file", tmp_path / "token")
    assert (code, "cannot be had" in said.words) == (69, True)
    (tmp_path / "token").chmod(0o644)
    code, said = await ended("serve", "--port", "0", "--token-file", tmp_path / "token")
    assert (code, "chmod 600" in said.words) == (78, True)


async def test_the_token_of_init_is_the_one_that_is_asked_for(tmp_path: Path, reviewed: Played) -> None:
    # given a folder that `paperpit init` wrote
    code, said = await ended("init", tmp_path / "pit")
    assert code == 0, said.words
    token = (tmp_path / "pit/token").read_text().strip()
    # when the pages are served from there, then they ask for that token
    async with served("--journal", reviewed.url, cwd=tmp_path / "pit") as site:
        assert str(tmp_path / "pit/token") in site.running.words
        assert (await site.post("/unlock", {"token": token})).code == 303
    # and elsewhere a file of that name, which no `init` wrote, is nobody's token
    (tmp_path / "token").write_text(token)
    async with served("--journal", reviewed.url, cwd=tmp_path) as site:
        assert (await site.post("/unlock", {"token": token})).code == 403


async def test_who_changes_his_mind_at_once_ends_it_in_order(tmp_path: Path, reviewed: Played) -> None:
    for _ in range(3):
        async with served("--journal", reviewed.url, cwd=tmp_path):
            pass  # Ctrl-C as soon as it says that it serves


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5"])
async def test_no_address_but_this_machines_own_is_listened_on(tmp_path: Path, host: str) -> None:
    code, said = await ended("serve", "--host", host, "--token-file", tmp_path / "token")
    assert (code, "not this machine alone" in said.words) == (2, True)


async def test_a_desk_is_seen_and_paused_from_the_page(tmp_path: Path) -> None:
    # given a desk on a market that goes on, and a page on its journal
    journal, desk = f"sqlite:///{tmp_path / 'journal.db'}", f"paged-{os.getpid()}"
    given = ("--adapter", "synthetic", "--strategy", "drill-es.toml", "--calendar", "none", "--warm", "none", "--once")
    async with program("run", *given, "--desk", desk, "--journal", journal) as running:
        await running.until("trading")
        async with serving(tmp_path, "--journal", journal) as site:
            browser = await site.unlocked()
            # when a person pauses it there, and tries to flatten without the box
            form = {"form_secret": browser["form_secret"], "reason": "lunch"}
            paused = await site.post("/control/pause", form, cookie=browser["cookie"])
            hasty = await site.post("/control/flatten", form, cookie=browser["cookie"])
            aimless = await site.post("/control/resume", {**form, "reason": ""}, cookie=browser["cookie"])
            today, health = await site.get("/?part=now"), await site.get("/health")
            # and a program resumes it, and notes why
            run = json.loads((await site.get("/api/v1/runs")).text)[0]["run"]
            bearer = {"authorization": f"Bearer {TOKEN}"}
            resumed = await site.send("commands", {"verb": "resume", "reason": "back"}, **bearer)
            noted = await site.send("notes", {"subject": run, "text": "lunch was long"}, **bearer)
            unknown = await site.send("commands", {"verb": "pause", "instrument": "XX"}, **bearer)
            status = json.loads((await site.get("/api/v1/status")).text)
        await ended("stop", "--desk", desk)
        assert await running.code() == 0
    # then the desk is paused, and says so there
    assert paused.code == 200, paused.text
    assert (hasty.code, "was not confirmed" in hasty.text) == (400, True)
    assert (aimless.code, "needs a reason" in aimless.text) == (400, True)
    assert ">paused<" in today.text
    assert "lunch" in today.text
    # and how near its limits it is, as of now and not of some old approval
    assert "Room to the limits" in health.text
    assert "Room at the last approval" not in health.text
    # and the program is told where it stands in the journal
    jsonschema.validate(status, SINGLE["status"])
    assert (resumed.code, noted.code, unknown.code, status["reasons"]) == (202, 202, 400, [])
    with reading(place(journal)) as reader:
        (spoken,) = [row for row in reader.read(rows.Command, reader.runs) if row.verb == "resume"]
        (note,) = reader.read(rows.Note, reader.runs)
    assert json.loads(resumed.text) == {"result": spoken.result, "seq": spoken.seq}
    assert (json.loads(noted.text), note.text) == ({"seq": note.seq}, "lunch was long")
