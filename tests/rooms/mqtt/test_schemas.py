"""Every message is as its schema in docs/mqtt/ says, and those are the code's own."""

import json

import jsonschema

from bot.log import hide
from bot.mqtt.schemas import SCHEMAS
from bot.mqtt.topics import payload
from tests.rooms.mqtt.manual import FOLDER, files


def test_the_files_are_those_of_the_code() -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert there == files(), "python -m tests.rooms.mqtt.manual writes them anew"
    for schema in SCHEMAS.values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_no_message_shows_a_secret_or_an_account() -> None:
    hide("a canary of glass")
    said = payload(message="DU1234567 cannot do that", reasons=["a canary of glass", "postgresql://ann:tulip@db/x"])
    assert json.loads(said) == {
        "v": 1,
        "message": "DU…567 cannot do that",
        "reasons": ["…", "postgresql://ann:…@db/x"],
    }
