"""The documentation cannot rot: it names every command and plug-in group, its links lead somewhere, its commands run.

A line `$ paperpit …` of a code block in README.md or docs/ is run, page by page and in order, in an empty folder with a
home and a journal of its own. `ID` stands for the first round trip's id; a command in a page that shows a failure on
purpose is followed by `[exit N]`.
"""

import json
import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from bot.cli.app import COMMANDS, app
from bot.resources import DATA
from tests.programs import Program, ended

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
COMMAND = re.compile(r"^\s*\$ (?:\.venv/bin/)?paperpit (?P<words>.*?)(?:\s+#.*?)?(?:\s+\[exit (?P<code>\d+)\])?$", re.M)
LINK = re.compile(r"\]\((?!https?://)([^)#\s]+)(?:#[^)]*)?\)")
EVERYTHING = "\n".join(page.read_text() for page in PAGES)


class Typist:
    """A person in an empty folder with a home, a data folder and a journal of their own."""

    def __init__(self, place: Path) -> None:
        self._place = place
        journal = f"sqlite:///{place}/journal.db"
        self._env = {"HOME": str(place), "LANG": "C.UTF-8", "COLUMNS": "80", "PAPERPIT_JOURNAL": journal}
        self._env |= {DATA: f"{place}/data"}

    async def __call__(self, *words: str) -> tuple[int, Program]:
        return await ended(*words, cwd=self._place, env=self._env)

    async def first(self) -> str:
        """Id of the first round trip."""
        _, shown = await self("journal", "round-trips", "--json")
        return str(json.loads(shown.told)[0]["id"])


def commands() -> list[str]:
    """Every command of the program, a group's as `group command`."""
    found = []
    for name in COMMANDS:
        command = app.get_command(click.Context(app), name)
        group = isinstance(command, click.Group)
        found += [name] if not group or command.invoke_without_command else []
        found += [f"{name} {inner}" for inner in command.commands] if group else []
    return found


def test_every_command_is_in_the_list_of_commands():
    index = (ROOT / "docs/index.md").read_text()
    assert [name for name in commands() if f"`paperpit {name}" not in index] == []


def test_every_plug_in_group_is_explained():
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    assert [group for group in groups if group not in EVERYTHING] == []


def test_every_target_of_make_is_explained():
    targets = re.findall(r"^([\w-]+):.*##", (ROOT / "Makefile").read_text(), re.M)
    assert [target for target in targets if f"make {target}" not in EVERYTHING] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    links = LINK.findall(page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_page_can_be_reached_from_the_index():
    index = (ROOT / "docs/index.md").read_text()
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in PAGES if page.parent != ROOT}
    assert sorted(pages - {"index.md"} - set(LINK.findall(index))) == []


def test_a_decision_has_its_four_headings_and_fits_a_page():
    for page in (ROOT / "docs/decisions").glob("0*.md"):
        text = page.read_text()
        headings = re.findall(r"^## (.+)$", text, re.M)
        assert headings == ["Status", "Context", "Decision", "Consequences"], page.name
        assert text.count("\n") <= 60, page.name


async def test_the_story_that_the_first_page_tells_is_the_demo_s(tmp_path):
    shown = re.search(r"<!-- prints: journal explain ID -->\n```\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert shown is not None
    typed = Typist(tmp_path)
    await typed("replay", "demo")
    _, explained = await typed("journal", "explain", await typed.first())
    story = explained.told.splitlines()
    assert [line for line in shown[1].splitlines() if line.strip() != "…" and line not in story] == []


SHOWING = [page for page in PAGES if COMMAND.search(page.read_text())]


@pytest.mark.parametrize("page", SHOWING, ids=lambda page: str(page.relative_to(ROOT)))
async def test_what_a_page_shows_can_be_typed(page, tmp_path):
    typed = Typist(tmp_path)
    for shown in COMMAND.finditer(page.read_text()):
        words = [await typed.first() if word == "ID" else word for word in shlex.split(shown["words"])]
        code, done = await typed(*words)
        assert code == int(shown["code"] or 0), f"paperpit {shown['words']}\n{done.words}"
