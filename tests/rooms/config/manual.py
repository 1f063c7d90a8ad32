"""The tables of docs/configuration.md, made from the models. `python -m tests.rooms.config.manual` rewrites them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from bot import plugins
from bot.config import BotFile, InstrumentFile, StrategyFile
from bot.config.describe import Key, describe
from bot.signals.roster import GUARDS

MANUAL = Path(__file__).parents[3] / "docs/configuration.md"
FILES = {"bot.toml": BotFile, "strategy": StrategyFile, "instruments.toml": InstrumentFile}
TABLES = {"adapters": "adapters.{}", "strategies": "params", "detectors": "detectors.{}"}
_MARKED = re.compile(r"(<!-- keys: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def manual(text: str) -> str:
    """`text` with everything between its marks made anew."""
    return _MARKED.sub(lambda mark: f"{mark[1]}{''.join(_section(mark[2]))}{mark[3]}", text)


def _section(name: str) -> Iterator[str]:
    if name in FILES:
        yield from _tables(list(describe(FILES[name])))
        return
    group = next(group for group in plugins.GROUPS if group == name)
    models = {found.name: plugins.params_of(found.object) for found in plugins.every(group)}
    if group == "detectors":
        models |= {kind: module.Params for kind, module in GUARDS.items()}
    for part, model in models.items():
        yield f"\n`{part}`: `[{TABLES[group].format(part)}]`\n\n"
        yield from _table(list(describe(model)) if model else [])


def _tables(keys: list[Key]) -> Iterator[str]:
    for table in dict.fromkeys(key.name.rpartition(".")[0] for key in keys):
        if table:
            yield f"\n`[{table}]`\n"
        yield "\n"
        yield from _table([key for key in keys if key.name.rpartition(".")[0] == table])


def _table(keys: list[Key]) -> Iterator[str]:
    if not keys:
        yield "No parameters.\n"
        return
    yield "| key | takes | when absent | meaning |\n|---|---|---|---|\n"
    for key in keys:
        yield f"| `{key.name.rpartition('.')[2]}` | {key.type} | {_default(key)} | {key.about} |\n"
    yield "\n"


def _default(key: Key) -> str:
    if key.required:
        return "must be there"
    return "-" if key.default in (None, {}, [], "") else f"`{json.dumps(key.default, ensure_ascii=False)}`"


if __name__ == "__main__":
    MANUAL.write_text(manual(MANUAL.read_text(encoding="utf-8")), encoding="utf-8")
