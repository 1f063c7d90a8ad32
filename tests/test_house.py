"""The house itself: sizes, docstrings, arrows, and words that must not stand in some rooms.

Method: read the sources as syntax trees, and run the import contracts twice: on the house as it is, where all must
hold, and on a copy into which one sin a contract was written, where each must break.
"""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("bot", "adapters", "strategies")
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
DOCSTRING_SHARE_MIN = 0.9

Function = ast.FunctionDef | ast.AsyncFunctionDef
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def sources(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """Every Python file below `folders`, as (path from the root, syntax tree)."""
    for folder in folders:
        place = ROOT / folder
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def nodes(kind: type | tuple[type, ...], *folders: str) -> Iterator[tuple[str, ast.AST]]:
    for path, tree in sources(*folders):
        yield from ((path, node) for node in ast.walk(tree) if isinstance(node, kind))


def dotted(node: ast.AST) -> str:
    """`a.b.c` of an attribute chain; empty for anything else."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


def test_a_file_is_one_idea():
    lines = {path: (ROOT / path).read_text().count("\n") for path, _ in sources(*PACKAGES, "tests")}
    assert {path: n for path, n in lines.items() if n > FILE_LINES_MAX} == {}


def test_a_function_is_one_step():
    functions = nodes((ast.FunctionDef, ast.AsyncFunctionDef), *PACKAGES, "tests")
    long = {f"{path}:{f.name}": f.end_lineno - f.lineno + 1 for path, f in functions}
    assert {name: n for name, n in long.items() if n > FUNCTION_LINES_MAX} == {}


def test_what_is_public_is_explained():
    public = {
        f"{path}:{node.name}": ast.get_docstring(node) is not None
        for path, tree in sources(*PACKAGES)
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    }
    missing = [name for name, explained in public.items() if not explained]
    assert len(missing) <= (1 - DOCSTRING_SHARE_MIN) * len(public), missing


def test_every_module_says_what_it_is():
    assert [path for path, tree in sources(*PACKAGES) if tree.body and not ast.get_docstring(tree)] == []


def test_the_packages_with_common_names_stay_empty():
    # Another distribution may own a package `adapters` too: an overwritten empty file does the least harm.
    assert (ROOT / "adapters/__init__.py").read_text() == (ROOT / "strategies/__init__.py").read_text() == ""


def test_only_the_command_line_prints():
    calls = nodes(ast.Call, "bot", "adapters", "strategies")
    assert [path for path, call in calls if dotted(call.func) == "print" and not path.startswith("bot/cli/")] == []


def test_only_the_clock_asks_what_time_it_is():
    asking = re.compile(r"(^|\.)(time\.(time|time_ns)|(datetime|date)\.(now|utcnow|today))$")
    calls = nodes(ast.Call, *PACKAGES)
    assert [f"{path}:{c.lineno}" for path, c in calls if asking.search(dotted(c.func)) and path != "bot/clock.py"] == []


def test_nobody_sleeps_to_wait_for_something():
    calls = nodes(ast.Call, *PACKAGES)
    assert [f"{path}:{c.lineno}" for path, c in calls if dotted(c.func) == "time.sleep"] == []


def test_errors_are_swallowed_at_the_edge_only():
    # Catching everything to put things in order is fine when it is raised on.
    swallowed = [
        f"{path}:{node.lineno}"
        for path, node in nodes(ast.ExceptHandler, *PACKAGES)
        if (node.type is None or dotted(node.type) in ("Exception", "BaseException"))
        and not any(isinstance(part, ast.Raise) for part in ast.walk(node))
    ]
    # The edges of the program and of its pages, and where a stranger's strategy is asked while positions are open.
    edges = ("bot/cli/app.py", "bot/web/app.py", "bot/daemon/", "bot/desk/")
    assert [place for place in swallowed if not place.startswith(edges)] == []
    assert len([place for place in swallowed if place.startswith("bot/desk/")]) <= 1


# Ratios and measures of a signal or a round trip; prices and money are counts of ticks, or Decimal.
FLOATS_ALLOWED = re.compile(
    r"^(strength|evidence|r|r_net|r_planned|share|ratio|rate|value|number|low|high|facts|seconds)$"
)


def floats(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Names annotated with a type in which `float` stands, as (line, name)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign):
            named = [(dotted(node.target), node.annotation)]
        elif isinstance(node, Function):
            arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
            named = [(a.arg, a.annotation) for a in arguments] + [(node.name, node.returns)]
        else:
            continue
        for name, annotation in named:
            if annotation is not None and any(dotted(part) == "float" for part in ast.walk(annotation)):
                yield node.lineno, name.rpartition(".")[2].lstrip("_")


def test_prices_and_money_are_never_floats():
    found = [
        f"{path}:{line}: {name}"
        for path, tree in sources("bot/orders", "bot/journal", "bot/domain/order.py", "bot/domain/instrument.py")
        for line, name in floats(tree)
        if not FLOATS_ALLOWED.match(name)
    ]
    assert found == []


@pytest.mark.parametrize("name", PROJECT["project"]["entry-points"])
def test_every_entry_point_leads_somewhere(name):
    declared = PROJECT["project"]["entry-points"][name]
    installed = {point.name: point for point in entry_points(group=name)}
    assert set(declared) <= set(installed)
    for point in declared:
        assert callable(installed[point].load())


def test_the_glossary_of_arrows_names_every_room():
    rooms = {path.stem for path in (ROOT / "bot").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    drawn = (ROOT / "docs/architecture.md").read_text()
    assert [room for room in sorted(rooms - {"__init__"}) if f"`{room}`" not in drawn] == []


CONTRACTS = PROJECT["tool"]["importlinter"]["contracts"]
ABOVE_PORTS = {
    "cli",
    "daemon",
    "scoring",
    "search",
    "web",
    "mqtt",
    "metrics",
    "notify",
    "control",
    "desk",
    "plugins",
    "review",
    "signals",
    "risk",
    "orders",
    "journal",
}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache"], cwd=folder, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True
    )


def test_the_arrows_hold():
    linted = lint_imports(ROOT)
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_adapters_and_strategies_are_kept_from_every_room_above_the_ports():
    (contract,) = [c for c in CONTRACTS if c["name"].startswith("adapters and strategies see")]
    there = {path.stem for path in (ROOT / "bot").iterdir()} & ABOVE_PORTS
    assert {module.removeprefix("bot.") for module in contract["forbidden_modules"]} >= there


SINS = {
    "bot/newroom.py": "",  # a room without a storey
    "bot/errors.py": "import bot.domain.instrument\n",  # upwards, and a circle
    "bot/desk/sin.py": "import bot.risk.gate\n",
    "bot/orders/sin.py": "import alembic, apscheduler, icalendar, numba, pandas_market_calendars, sqlalchemy, tomlkit\n"
    "import aiomqtt, bot.domain.seal, ib_async, jinja2, prometheus_client, sse_starlette, starlette, uvicorn\n"
    "import distributed, sklearn, threadpoolctl\n",
    "bot/web/sin.py": "import bot.desk\n",
    "adapters/gateway/__init__.py": "",
    "adapters/replay/sin.py": "import adapters.gateway\nimport bot.journal\nimport strategies.drill\n",
    "strategies/drill.py": "import strategies.absorption_reversal\n",
}


def test_every_contract_can_break(tmp_path):
    # given a copy of the house with one sin a contract
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for path, sin in SINS.items():
        sinner = tmp_path / path
        sinner.parent.mkdir(exist_ok=True)
        sinner.write_text((sinner.read_text() if sinner.exists() else "") + "\n" + sin)
    # when
    linted = lint_imports(tmp_path)
    # then
    assert linted.returncode == 1, linted.stderr
    assert re.findall(r"^(.+) KEPT$", linted.stdout, re.M) == []
    assert sorted(re.findall(r"^(.+) BROKEN$", linted.stdout, re.M)) == sorted(c["name"] for c in CONTRACTS)
    assert "newroom" in linted.stdout
