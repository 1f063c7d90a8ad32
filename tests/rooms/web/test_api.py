"""What programs are told: the objects of `--json`, a part at a time; and what they may write, with the token."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
from click.testing import CliRunner

from bot.cli.app import app
from bot.journal.figure_shapes import BLOCKED_STATS, STATS
from bot.journal.paging import PARTS
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.remarks import remarks
from bot.journal.shapes import LISTS, SINGLE
from tests.playing import Played
from tests.rooms.web.served import TOKEN, Served, serving

BEARER = {"authorization": f"Bearer {TOKEN}"}


def said(played: Played, *words: str) -> Any:
    """What the command line says with `--json`."""
    done = CliRunner().invoke(app, [*words, "--journal", played.url, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


async def told(site: Served, path: str) -> Any:
    """What is answered to a question that is in order."""
    answer = await site.get(f"/api/v1/{path}")
    assert answer.code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return json.loads(answer.text)


async def whole(site: Served, path: str) -> list[Any]:
    """A list, followed from part to part."""
    found: list[Any] = []
    here: str | None = f"/api/v1/{path}"
    while here:
        answer = await site.get(here)
        assert answer.code == 200, answer.text
        found += json.loads(answer.text)
        onwards = re.fullmatch(r'<(.+)>; rel="next"', answer.headers.get("link", ""))
        here = onwards[1] if onwards else None
    return found


async def test_lists_are_those_of_the_command_line(tmp_path: Path, reviewed: Played) -> None:
    async with serving(tmp_path, "--journal", reviewed.url) as site:
        found = {name: await whole(site, f"{name}?limit=40") for name in PARTS}
    for name, shapes in found.items():
        assert shapes == said(reviewed, "journal", name), name
        jsonschema.validate(shapes, LISTS[name])
    assert len(found["signals"]) > 40


async def test_single_answers_are_those_of_the_command_line(tmp_path: Path, reviewed: Played) -> None:
    trip = reviewed.round_trips[0]["id"]
    async with serving(tmp_path, "--journal", reviewed.url) as site:
        story = await told(site, f"round-trips/{trip}")
        stats = await told(site, "stats?run=last&by=hour,weekday&draws=200&seed=7")
        calendar = await told(site, "calendar?kind=cpi&since=2026-01-01")
        health = await told(site, "health")
        rules = await told(site, "refused?by=rule,strategy&draws=200")
        unasked = await site.get("/api/v1/stats")
    assert story == said(reviewed, "journal", "explain", trip)
    asked = ("--run", "last", "--by", "hour", "--by", "weekday", "--draws", "200", "--seed", "7")
    assert stats == said(reviewed, "journal", "stats", *asked)
    by = ("--by", "rule", "--by", "strategy", "--draws", "200")
    assert rules == said(reviewed, "journal", "stats", "--run", "last", "--blocked", *by)
    listed = CliRunner().invoke(app, ["calendar", "list", "--kind", "cpi", "--since", "2026-01-01", "--json"])
    assert calendar == json.loads(listed.stdout)
    assert health["run"] == reviewed.outcome.run
    assert rules[0]["refused"] > 0
    shapes = (
        *((story, SINGLE["story"]), (stats, STATS), (rules, BLOCKED_STATS)),
        *((calendar, SINGLE["calendar"]), (health, SINGLE["health"])),
    )
    for answer, schema in shapes:
        jsonschema.validate(answer, schema)
    # live paper runs only, and it says what it left out
    assert (unasked.text, unasked.headers["paperpit-left-out"]) == ("[]", "replay 1")


async def test_who_has_it_already_gets_nothing_again(tmp_path: Path, reviewed: Played) -> None:
    async with serving(tmp_path, "--journal", reviewed.url) as site:
        first = await site.get("/api/v1/fills")
        tag = first.headers["etag"]
        same = await site.get("/api/v1/fills", if_none_match=f'"other", {tag}')
        other = await site.get("/api/v1/fills?limit=1", if_none_match=tag)
        packed = await site.get("/api/v1/fills", if_none_match=tag, accept_encoding="gzip")
    assert (same.code, same.text, same.headers["etag"]) == (304, "", tag)
    assert (other.code, packed.code) == (200, 304)


ABSURD: Mapping[str, int] = {
    "fills?limit=0": 400,
    "fills?limit=1001": 400,
    "fills?limit=ten": 400,
    "fills?after=-1": 400,
    "fills?after=99999999999999999999": 400,
    "fills?colour=red": 400,
    "stats?by=hour&by=weekday": 400,
    "fills?run=nobody": 404,
    "fills?since=yesterday-ish": 400,
    "fills?since=9999999999999999999": 400,
    "fills?since=0001-01-01T00:00%2B14:00": 400,
    "fills?day=2026-02-31": 400,
    "fills?day=9999-12-31": 400,
    "fills?strategy=%00": 400,
    f"fills?strategy={'x' * 500}": 400,
    "stats?by=luck": 400,
    "refused?by=hour": 400,
    "refused?run=nobody": 404,
    "stats?level=nan": 400,
    "stats?level=1": 400,
    "stats?draws=1000000": 400,
    "calendar?instrument=XX": 400,
    "round-trips/nobody": 404,
    "round-trips/%00": 404,
    "round-trips/nobody?x=1": 400,
    "status": 404,
    "nowhere": 404,
}


async def test_what_cannot_be_meant_is_refused_with_what_can_be(tmp_path: Path, reviewed: Played) -> None:
    async with serving(tmp_path, "--journal", reviewed.url) as site:
        answers = {path: await site.get(f"/api/v1/{path}") for path in ABSURD}
        wrong_way = await site.delete("/api/v1/fills"), await site.get("/api/v1/notes")
    assert {path: one.code for path, one in answers.items()} == ABSURD
    for one in answers.values():
        error = json.loads(one.text)["error"]
        assert error["what"]
        assert error["allowed"] or error["do"], error
    assert [(one.code, bool(one.headers["allow"])) for one in wrong_way] == [(405, True)] * 2


async def test_where_there_is_no_journal_it_says_what_makes_one(tmp_path: Path) -> None:
    async with serving(tmp_path, "--journal", tmp_path / "nothing.db") as site:
        fills, health = await site.get("/api/v1/fills"), await told(site, "health")
    assert (fills.code, "paperpit replay" in fills.text) == (404, True)
    assert (health["runs"], health["run"]) == (0, None)


async def test_notes_and_tags_are_written_with_the_token_alone(tmp_path: Path, reviewed: Played) -> None:
    own = tmp_path / "own.db"
    own.write_bytes(Path(reviewed.url.removeprefix("sqlite:///")).read_bytes())
    trip = reviewed.round_trips[0]["id"]
    note, tags = {"subject": trip, "text": " <b>slow</b> "}, {"subject": trip, "tags": ["late", "news", "late"]}
    async with serving(tmp_path, "--journal", own) as site:
        # given nobody's token, another's, and a browser's cookie
        cookie = (await site.unlocked())["cookie"]
        refused = [
            await site.send("notes", note),
            await site.send("notes", note, authorization="Bearer no"),
            await site.send("notes", note, cookie=cookie),
            await site.send("notes", note, **BEARER, origin="http://evil.example"),
        ]
        # when it is written with the right one
        noted, tagged = await site.send("notes", note, **BEARER), await site.send("tags", tags, **BEARER)
        taken = await site.send("tags", {**tags, "tags": ["late"], "remove": True}, **BEARER)
        listed = [one for one in await told(site, "round-trips") if one["id"] == trip]
    assert [one.code for one in refused] == [401, 401, 401, 403]
    assert refused[0].headers["www-authenticate"] == "Bearer"
    # then it stands in the journal where it was said, as it was said
    with reading(place(str(own))) as reader:
        mine = remarks(reader)[trip]
        last = reader.last_seq
    assert [one.text for one in mine.notes] == ["<b>slow</b>"]
    assert [json.loads(one.text)["seq"] for one in (noted, tagged, taken)] == [mine.notes[0].seq, last - 1, last]
    assert (noted.code, tagged.code, taken.code) == (202, 202, 202)
    assert (listed[0]["tags"], listed[0]["notes"][0]["text"]) == (["news"], "<b>slow</b>")


BAD: tuple[tuple[str, Any, int], ...] = (
    ("notes", {"subject": "nobody", "text": "x"}, 404),
    ("notes", {"subject": "nobody"}, 400),
    ("notes", {"subject": "nobody", "text": "x", "who": "me"}, 400),
    ("notes", {"subject": "nobody", "text": "x\x00"}, 400),
    ("notes", {"subject": "nobody", "text": "  "}, 400),
    ("notes", {"subject": "nobody", "text": "x" * 20_000}, 400),
    ("notes", {"subject": "nobody", "text": "x" * 70_000}, 413),
    ("tags", {"subject": "nobody", "tags": []}, 400),
    ("tags", {"subject": "nobody", "tags": [" "]}, 400),
    ("commands", {"verb": "stop"}, 400),
    ("commands", {"verb": "flatten"}, 400),
    ("commands", {"verb": "resume"}, 400),
    ("commands", {"verb": "pause", "clear_kill": True}, 400),
    ("commands", {"verb": "pause"}, 404),
    ("commands", [], 400),
)


async def test_what_cannot_be_written_says_why(tmp_path: Path, reviewed: Played) -> None:
    async with serving(tmp_path, "--journal", reviewed.url) as site:
        answers = [await site.send(path, body, **BEARER) for path, body, _ in BAD]
        broken = await site.send("notes", "\ud800", **BEARER)
        form = await site.post("/api/v1/notes", {"subject": "x"}, **BEARER)
    assert [one.code for one in answers] == [code for _, _, code in BAD]
    assert all(json.loads(one.text)["error"]["what"] for one in answers)
    assert (broken.code, form.code) == (400, 415)
