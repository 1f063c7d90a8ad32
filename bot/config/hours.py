"""hours-override.toml: what a person knows better about an exchange's hours than the calendar and the broker do."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import create_model

from bot.config.instrument_file import HoursOverride
from bot.config.params import Params
from bot.config.places import hours_files, shown
from bot.config.placing import Placing
from bot.config.reading import parse, read_text, validate
from bot.errors import ConfigError

_PRODUCT = re.compile(r"^[A-Z][A-Z0-9]*$")


def load_hours(folder: Path | None = None) -> dict[str, tuple[Mapping[str, Any], ...]]:
    """Product → its overrides; what a nearer file (in `folder`) says of a product replaces the rest whole.

    Raises ConfigError with every fault.
    """
    found: dict[str, tuple[Mapping[str, Any], ...]] = {}
    for path in hours_files(folder):
        found |= hours_of(read_text(path, shown(path)), shown(path))
    return found


def hours_of(text: str, file: str) -> dict[str, tuple[Mapping[str, Any], ...]]:
    """The overrides of one file. Raises ConfigError with every fault."""
    place, raw = Placing(file, text), parse(text, file)
    strange = [
        place.fault((name,), f"{name} is no product of instruments.toml", allowed="ES = [{ from = …, until = …, … }]")
        for name in raw
        if not _PRODUCT.match(name)
    ]
    if strange:
        raise ConfigError.of(tuple(strange))
    fields: dict[str, Any] = dict.fromkeys(raw, (tuple[HoursOverride, ...], ...))
    model = create_model("Hours", __base__=Params, **fields)
    found = validate(model, raw, place)
    return {name: getattr(found, name) for name in raw}
