"""The base of everything that comes from TOML, and the units that TOML is written in.

`Params` is what detectors, strategies, adapters and third parties derive from: frozen, unknown keys refused, its values
handed to a kernel in field order by `as_args`.
"""

import re
from decimal import Decimal
from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo, field_validator

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
_UNITS_NS = {
    "ms": 1_000_000,
    "s": SECOND_NS,
    "m": MINUTE_NS,
    "h": 3600 * SECOND_NS,
    "d": 86_400 * SECOND_NS,
}
_DURATION = re.compile(r"^(\d+(?:\.\d+)?)(ms|s|m|h|d)$")


def duration_ns(text: object) -> int:
    """`"15m"`, `"250ms"`, `"1d"` as nanoseconds. Raises ValueError, naming the units, for anything else."""
    match = _DURATION.match(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f'a duration is text with a unit: "250ms", "30s", "15m", "2h" or "1d"; got {text!r}')
    return int(Decimal(match[1]) * _UNITS_NS[match[2]])


def duration_text(ns: int) -> str:
    """The shortest text that `duration_ns` reads back as `ns`."""
    for unit in ("d", "h", "m", "s"):
        if ns and ns % _UNITS_NS[unit] == 0:
            return f"{ns // _UNITS_NS[unit]}{unit}"
    return f"{Decimal(ns) / _UNITS_NS['ms']:f}ms"


def _duration(value: Any) -> Any:
    # A default is given in ns already; TOML always gives text.
    return value if type(value) is int and value >= SECOND_NS // 1000 else duration_ns(value)


def _decimal(value: Any) -> Any:
    if isinstance(value, float):
        raise ValueError(f'a price or an amount is text or a whole number, "{value}" in quotes: a binary float rounds')
    return value


def clock_time(value: Any) -> Any:
    """A time of day as it was written. Raises ValueError for what is none."""
    if not isinstance(value, str) or not re.match(r"^([01]\d|2[0-3]):[0-5]\d$", value):
        raise ValueError(f'a time of day is text like "09:30", New York; got {value!r}')
    return value


Duration = Annotated[int, BeforeValidator(_duration)]
"""Nanoseconds, written `"15m"` in TOML."""
Exact = Annotated[Decimal, BeforeValidator(_decimal)]
"""A price or an amount of money, written `"4200.50"` or a whole number in TOML."""
ClockTime = Annotated[str, BeforeValidator(clock_time)]
"""A time of day in New York, written `"15:55"`."""


class Params(BaseModel):
    """Frozen settings of one part. Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_guessing(cls, value: Any, info: ValidationInfo) -> Any:
        # pydantic alone would read `true` as 1 and "3" as 3; TOML has types, so a wrong one is a mistake.
        field = cls.model_fields[info.field_name or ""]
        kinds = {field.annotation, *get_args(field.annotation)}
        if isinstance(value, bool) and kinds & {int, float} and bool not in kinds:
            raise ValueError(f"needs a number, got {str(value).lower()}")
        converts = any(isinstance(rule, BeforeValidator) for rule in field.metadata)
        if isinstance(value, str) and kinds <= {int, float, bool, type(None)} and not converts:
            wanted = "true or false" if bool in kinds else "a number"
            raise ValueError(f'needs {wanted} without quotes, got "{value}"')
        return value

    def as_args(self) -> tuple[Any, ...]:
        """The values in field order, as a kernel takes them."""
        return tuple(getattr(self, name) for name in type(self).model_fields)
