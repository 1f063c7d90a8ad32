"""The schemas of docs/mqtt/, made from the code's. `python -m tests.rooms.mqtt.manual` rewrites them."""

import json
from pathlib import Path

from bot.mqtt.schemas import SCHEMAS

FOLDER = Path(__file__).parents[3] / "docs/mqtt"


def files() -> dict[str, str]:
    """Name → text of every file."""
    return {f"{name}.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in SCHEMAS.items()}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
