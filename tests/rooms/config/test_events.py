"""Every event of the log stands in one table, in code and on its page, and a desk's log is made of nothing else."""

import ast
import json
import os
from collections.abc import Iterator
from pathlib import Path

from bot.log import EVENTS
from tests.programs import program

ROOT = Path(__file__).resolve().parents[3]
TOLD = {"tell": 0, "tell_operator": 0, "note": 0, "say": 1}
"""What tells an event → which of its arguments names it."""


def named() -> Iterator[str]:
    """Every event that is named anywhere."""
    for folder in ("bot", "adapters"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text()
            tells = path.parent.name in ("cli", "desk", "daemon") and any(f"{name}(" in text for name in TOLD)
            if tells or "getLogger" in text:
                yield from _events(ast.parse(text), tells=tells)


def _events(tree: ast.AST, *, tells: bool) -> Iterator[str]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name, words = _named(call.func), _constants(call)
        if name == "getLogger" and words[0].startswith("paperpit."):
            yield words[0].split(".")[1]
        elif tells and name == "partial" and _named(call.args[0]) in TOLD:
            yield words[1]
        elif tells and name in TOLD and len(words) > TOLD[name] and words[TOLD[name]]:
            yield words[TOLD[name]]


def _named(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _constants(call: ast.Call) -> list[str]:
    """The arguments that are texts, the others empty."""
    return [word.value if isinstance(word, ast.Constant) and isinstance(word.value, str) else "" for word in call.args]


def test_every_event_is_in_the_table_and_the_table_has_no_other() -> None:
    # a library's warnings have no name of ours, and what a person said before a run is said by default
    assert set(named()) | {"library", "command"} == set(EVENTS)


def test_the_page_has_the_table() -> None:
    rows = "".join(f"| `{name}` | {words} |\n" for name, words in EVENTS.items())
    assert f"|---|---|\n{rows}\n" in (ROOT / "docs/logging.md").read_text()


async def test_a_desk_that_nobody_watches_tells_json_of_these_events_and_no_secret(tmp_path: Path) -> None:
    # given a desk with a secret and a message broker that is not there
    (tmp_path / "password").write_text("canary-7f3a")
    (tmp_path / "password").chmod(0o600)
    given = ("--adapter", "synthetic", "--strategy", "drill-es.toml", "--calendar", "none", "--warm", "none", "--once")
    mqtt = ("mqtt.url=mqtt://127.0.0.1:1", "mqtt.user=desk", f"mqtt.password_file={tmp_path / 'password'}")
    sets = [word for key in mqtt for word in ("--set", key)]
    words = ("run", *given, *sets, "--journal", tmp_path / "journal.db", "--desk", f"logged-{os.getpid()}")
    async with program(*words) as desk:
        await desk.until('"event": "mode"')
        await desk.until('"event": "mqtt"')
        assert await desk.interrupted() == 130
    # then each line is an event that the table knows, with words, a level and a time
    lines = [json.loads(line) for line in desk.said]
    assert [line for line in lines if line["event"] not in EVENTS] == []
    assert {"start", "ready", "mode", "mqtt", "end", "stop"} <= {line["event"] for line in lines}
    assert all({"level", "timestamp"} <= line.keys() for line in lines)
    assert "canary" not in "\n".join(desk.said)
    # and nothing is said twice
    told = [(line["event"], line.get("text")) for line in lines if line["event"] in ("start", "ready", "end", "stop")]
    assert len(told) == len(set(told))
