"""Every message is as its schema in docs/mqtt/ says, and those are the code's own."""

import jsonschema

from bot.mqtt.schemas import SCHEMAS
from tests.rooms.mqtt.manual import FOLDER, files


def test_the_files_are_those_of_the_code() -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert there == files(), "python -m tests.rooms.mqtt.manual writes them anew"
    for schema in SCHEMAS.values():
        jsonschema.Draft202012Validator.check_schema(schema)
