"""The real desk as `paperpit run` starts it, with journal and recording in a folder of the bench's.

usage: python -P -m tests.bench.wire.desk FOLDER        (what `settings` has written there)
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.cli.trading import trade
from bot.config import read_bot, read_strategy
from bot.config.instruments import load_instruments
from bot.daemon import Asked
from bot.warm import AUTO, Wanted
from tests.playing import UNLIMITED

TRIGGER = Path(__file__).with_name("trigger.py")
INSTRUMENTS = Path(__file__).with_name("instruments.toml")
# A bracket in which nothing fills lives for a tenth of a second.
BOT = f"""
adapter = "ib"
calendar = "none"
strategies = [{{files}}]
[adapters.ib]
port = {{port}}
client_id = {{client}}
tick_by_tick = 1000
[journal]
durability = "{{durability}}"
{UNLIMITED}duplicate_window = "1ms"
"""
STRATEGY = f"""
name = "answer-{{slot}}"
strategy = '{TRIGGER}:Answer'
instrument = "{{product}}"
[bracket]
stop_ticks = {{stop}}
target_ticks = {{target}}
contracts = 1
[hours]
session = "any"
[detectors.'{TRIGGER}:Trigger']
"""


def settings(folder: Path, port: int, client: int, durability: str, products: Sequence[str]) -> None:
    """Write what the desk of `folder` is started with."""
    (folder / "tapes").mkdir(parents=True)
    (folder / INSTRUMENTS.name).write_text(INSTRUMENTS.read_text())
    known = load_instruments(folder)
    names = [f"{product}.toml" for product in products]
    for product, name in zip(products, names, strict=True):
        stop = max(6, known[product].min_stop_ticks)
        text = STRATEGY.format(product=product, slot=product.lower(), stop=stop, target=2 * stop)
        (folder / name).write_text(text)
    files = ", ".join(f'"{name}"' for name in names)
    (folder / "bot.toml").write_text(BOT.format(port=port, client=client, durability=durability, files=files))


def main(folder: Path) -> None:
    """Trade until a signal, then say what was seen."""
    bot = read_bot(folder / "bot.toml")
    specs = [read_strategy(name, bot.path.parent) for name in bot.value.strategies]
    journal = f"sqlite:///{folder / 'journal.db'}"
    outcome = trade(
        Asked(bot, specs, journal, bot.value.journal.durability, warm=Wanted(AUTO), record_to=folder / "tapes")
    )
    print(json.dumps(outcome.summary()), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
