"""The desk as a device of Home Assistant, in one message: its MQTT integration's device discovery, since 2024.11.

Entities read the retained topics; there are none that tell the desk something, since commands are signed.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from bot.mqtt.state import OFFLINE
from bot.mqtt.topics import Topics

ONLINE = b"online"
"""What Home Assistant says on its status topic when it has started: whoever is there announces himself again."""
Component = dict[str, Any]
_encode = msgspec.json.Encoder(order="sorted").encode


def birth(prefix: str) -> str:
    """Where Home Assistant says that it has started."""
    return f"{prefix}/status"


def announcement(prefix: str, topics: Topics, instruments: Sequence[str], version: str) -> tuple[str, bytes]:
    """Topic and payload, to be retained. An empty payload takes the device away again."""
    name = re.sub(r"[^A-Za-z0-9_-]", "_", topics.root)
    said = {
        "device": {"identifiers": [name], "name": topics.root, "manufacturer": "paperpit", "sw_version": version},
        "origin": {"name": "paperpit", "sw_version": version},
        "availability_topic": topics.status,
        "availability_template": f"{{{{ 'offline' if value_json.state == '{OFFLINE}' else 'online' }}}}",
        "qos": 1,
        "components": {key: {"unique_id": f"{name}_{key}", **one} for key, one in _components(topics, instruments)},
    }
    return f"{prefix}/device/{name}/config", _encode(said)


def _components(topics: Topics, instruments: Sequence[str]) -> Iterator[tuple[str, Component]]:
    yield "state", _sensor("state", topics.status, "{{ value_json.state }}", json_attributes_topic=topics.status)
    yield "link", _binary("broker", topics.status, "value_json.link == 'up'", device_class="connectivity")
    yield "blackout", _binary("blackout", topics.status, "value_json.state == 'blackout'")
    yield "day_r", _sensor("day R", topics.day, "{{ value_json.r }}", unit_of_measurement="R")
    yield "day_net", _sensor("day net", topics.day, "{{ value_json.net }}", unit_of_measurement="USD")
    used = "{% set limit = value_json.loss_limit | float(0) %}"
    used += "{{ (100 * value_json.loss_used | float(0) / limit) | round(1) if limit else 0 }}"
    yield "loss_used", _sensor("loss limit used", topics.day, used, unit_of_measurement="%")
    coming = "{{ (value_json.from_ns // 1000000000) | as_datetime if value_json.from_ns else None }}"
    yield "next_blackout", _sensor("next blackout", topics.next_blackout, coming, device_class="timestamp")
    for one in instruments:
        topic, key = topics.position(one), re.sub(r"[^a-z0-9]", "_", one.lower())
        open_r = "{{ value_json.brackets | map(attribute='open_r') | select('number') | sum | round(2) }}"
        yield f"position_{key}", _sensor(f"{one} position", topic, "{{ value_json.quantity }}")
        yield f"open_r_{key}", _sensor(f"{one} open R", topic, open_r, unit_of_measurement="R")
        yield f"in_position_{key}", _binary(f"{one} in position", topic, "value_json.quantity != 0")


def _sensor(name: str, topic: str, template: str, **more: str) -> Component:
    return {"platform": "sensor", "name": name, "state_topic": topic, "value_template": template, **more}


def _binary(name: str, topic: str, holds: str, **more: str) -> Component:
    template = f"{{{{ 'ON' if {holds} else 'OFF' }}}}"
    return {"platform": "binary_sensor", "name": name, "state_topic": topic, "value_template": template, **more}
