"""Home Assistant finds the desk as a device, and finds it again when it has been started itself."""

import asyncio
import json
from pathlib import Path
from typing import Any

import jinja2
import jsonschema
from aiomqtt import Client, ProtocolVersion

from tests.patience import PATIENCE_S
from tests.programs import program
from tests.rooms.mqtt.listening import listening
from tests.rooms.mqtt.test_telling import busy
from tests.servers import mosquitto

TEXT = {"type": "string", "minLength": 1}
COMPONENT = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("unique_id", "name", "state_topic", "value_template", "unit_of_measurement"), TEXT),
        "platform": {"enum": ["sensor", "binary_sensor"]},
        "device_class": {"enum": ["connectivity", "timestamp"]},
        "json_attributes_topic": TEXT,
    },
    "required": ["platform", "unique_id", "name", "state_topic", "value_template"],
    "additionalProperties": False,
}
DEVICE = {
    "type": "object",
    "properties": {
        "device": {
            "type": "object",
            "properties": {
                "identifiers": {"type": "array", "items": TEXT, "minItems": 1},
                **dict.fromkeys(("name", "manufacturer", "sw_version"), TEXT),
            },
            "required": ["identifiers", "name"],
            "additionalProperties": False,
        },
        "origin": {
            "type": "object",
            "properties": {"name": TEXT, "sw_version": TEXT},
            "required": ["name"],
            "additionalProperties": False,
        },
        "availability_topic": TEXT,
        "availability_template": TEXT,
        "qos": {"enum": [0, 1, 2]},
        "components": {"type": "object", "additionalProperties": COMPONENT, "minProperties": 1},
    },
    "required": ["device", "origin", "components"],
    "additionalProperties": False,
}
"""What its MQTT integration takes of a device's announcement, as far as we use it: it refuses keys it does not know."""


def test_the_desk_is_a_device_and_announces_itself_again_when_home_assistant_starts(tmp_path: Path) -> None:
    async def story() -> dict[str, Any]:
        with mosquitto() as broker:
            wanted = busy(tmp_path, broker.url, "home", "mqtt.home_assistant.enabled=true")
            async with (
                listening(broker, "homeassistant") as home,
                listening(broker, "paperpit/home") as heard,
                program(*wanted),
                Client("127.0.0.1", broker.port, protocol=ProtocolVersion.V5) as assistant,
            ):
                topic = "device/paperpit_home/config"
                await heard.until("position/ES")
                announced = await home.until(topic)
                await assistant.publish("homeassistant/status", b"online", qos=1)
                async with asyncio.timeout(PATIENCE_S):
                    while len(home.on(topic)) < 2:
                        await home.news()
                retained = next(one for one in home.messages if str(one.topic).endswith("/config"))
                assert json.loads(retained.payload) == announced
                shown = {str(one.topic): json.loads(one.payload) for one in heard.messages}
            # every entity has a topic that was said, and makes something of it
            templates = jinja2.Environment(undefined=jinja2.StrictUndefined)
            templates.filters["as_datetime"] = str
            for one in announced["components"].values():
                template = templates.from_string(one["value_template"])
                assert template.render(value_json=shown[one["state_topic"]]) != "", one
            return announced

    announced = asyncio.run(story())
    jsonschema.validate(announced, DEVICE)
    names = {one["name"] for one in announced["components"].values()}
    assert {"state", "broker", "blackout", "day R", "loss limit used", "next blackout", "ES position"} <= names
    assert len({one["unique_id"] for one in announced["components"].values()}) == len(announced["components"])
