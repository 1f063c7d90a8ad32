"""What docs/mqtt-commands.md says is so."""

import json
import re
from pathlib import Path

import msgspec

from bot.mqtt import judging
from bot.mqtt.judging import BYTES_MAX, VERBS
from bot.mqtt.signing import SECRET_MIN, Said, is_signed, signature
from tests.rooms.mqtt.told import KEY

PAGE = (Path(__file__).resolve().parents[3] / "docs/mqtt-commands.md").read_text()
PLACE = "paperpit/desk"


def test_the_example_signs_as_the_desk_does() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    made: dict[str, str] = {}
    exec(code, made)
    said = msgspec.json.decode(made["payload"], type=Said)
    assert is_signed(KEY, PLACE, said)
    assert (said.verb, said.reason, said.who) == ("pause", "lunch", "ann")


def test_the_signature_to_try_against_is_the_right_one() -> None:
    found = re.search(r"the command `(.*?)` has the signature\n`(\w+)`", PAGE, re.S)
    assert found is not None
    assert signature(KEY, PLACE, msgspec.convert(json.loads(found[1]), Said)) == found[2]


def test_every_key_verb_code_and_limit_is_named() -> None:
    codes = re.findall(r"^    ([a-z-]+)  ", judging.__doc__ or "", re.M)
    assert len(codes) == 11
    assert [word for word in (*Said.__struct_fields__, *VERBS, *codes) if f"`{word}`" not in PAGE] == []
    assert f"at most {BYTES_MAX} bytes" in PAGE
    assert f"less than {SECRET_MIN} bytes" in PAGE
