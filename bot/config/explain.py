"""What pydantic found, said to a person: file, line, key, what is wrong, what is allowed, what to do."""

import difflib
import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from bot.config.placing import Path, Placing, key_text
from bot.errors import Fault

Grid = tuple[str, Decimal]
"""A product and its tick, so that a distance in points can be told in ticks."""

# pydantic's word → what a person is told is needed.
_NEEDED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "decimal_type": 'an amount in quotes ("4200.50") or a whole number',
    "decimal_parsing": 'an amount in quotes ("4200.50") or a whole number',
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text in quotes",
    "dict_type": "a table",
    "model_type": "a table",
    "tuple_type": "a list in square brackets",
    "list_type": "a list in square brackets",
    "mapping_type": "a table",
}
_BOUNDS = {"greater_than_equal": "at least", "greater_than": "more than", "less_than_equal": "at most"}
_BOUNDS |= {"less_than": "less than"}


def explain(
    error: ValidationError,
    model: type[BaseModel],
    raw: Mapping[str, Any],
    place: Placing,
    *,
    prefix: Path = (),
    grid: Grid | None = None,
) -> tuple[Fault, ...]:
    """Every fault of `error`, one a key, placed in the text that `raw` was read from (`prefix`: its table there).

    `grid` lets a distance that was written in points be told in ticks.
    """
    by_key: dict[Path, list[Mapping[str, Any]]] = {}
    for found in error.errors(include_url=False):
        path = _in_text(found["loc"], raw, missing=found["type"] == "missing")
        by_key.setdefault(path, []).append(dict(found))
    return tuple(_fault(path, found, model, raw, place, prefix, grid) for path, found in by_key.items())


def value_text(value: object) -> str:
    """A value as TOML would show it, cut when long."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"


def _in_text(loc: Sequence[str | int], raw: object, *, missing: bool) -> Path:
    # pydantic appends names of union members to the path; the text knows nothing of them.
    path: list[str | int] = []
    for part in loc:
        if isinstance(raw, Mapping) and part in raw:
            raw = raw[str(part)]
        elif isinstance(raw, Sequence) and not isinstance(raw, str) and isinstance(part, int) and part < len(raw):
            raw = raw[part]
        else:
            return (*path, part) if missing and isinstance(raw, Mapping) else tuple(path)
        path.append(part)
    return tuple(path)


def _fault(
    path: Path,
    found: list[Mapping[str, Any]],
    model: type[BaseModel],
    raw: Mapping[str, Any],
    place: Placing,
    prefix: Path,
    grid: Grid | None,
) -> Fault:
    whole = prefix + path
    if found[0]["type"] == "extra_forbidden":
        return _unknown(path, model, place, prefix)
    value = _value(path, raw)
    told = [_told(one, value) for one in found]
    message, needs = told[0][0], list(dict.fromkeys(need for _, need in told if need))
    ticks = _ticks(path, value, grid)
    if ticks:
        return place.fault(whole, ticks[0], allowed=" or ".join(needs), do=ticks[1])
    allowed = " or ".join(needs) or _takes(path, model)
    return place.fault(whole, message, allowed=allowed, do=_near_choice(value, found))


NOT_OFFERED = {
    "targets": (
        "a bracket leaves at one target: scaling out at several is not offered",
        "target_ticks = 12, with [manage] to secure a gain on the way",
        "use one strategy file a target, each with its own contracts, or [manage] trail_ticks",
    ),
}
"""Keys that people know from elsewhere → what is wrong with them, what is allowed, what to do."""


def _unknown(path: Path, model: type[BaseModel], place: Placing, prefix: Path) -> Fault:
    if (told := NOT_OFFERED.get(str(path[-1]))) is not None:
        message, allowed, do = told
        return place.fault(prefix + path, message, allowed=allowed, do=do)
    keys = list(_model_at(model, path[:-1]).model_fields)
    table = key_text((prefix + path)[:-1])
    near = difflib.get_close_matches(str(path[-1]), keys, 1)
    return place.fault(
        prefix + path,
        f"unknown key in [{table}]" if table else "unknown key",
        allowed=", ".join(keys),
        do=f"did you mean `{near[0]}`?" if near else "remove it",
    )


def _takes(path: Path, model: type[BaseModel]) -> str:
    """What a key takes, where what was found wrong does not tell."""
    from bot.config.describe import takes

    # What is wrong inside a list stands under the key that holds it.
    length = max((length for length, part in enumerate(path, 1) if isinstance(part, str)), default=0)
    field = _model_at(model, path[: length - 1]).model_fields.get(str(path[length - 1])) if length else None
    return takes(field) if field is not None else ""


def _told(found: Mapping[str, Any], value: object) -> tuple[str, str]:
    kind, context = found["type"], found.get("ctx", {})
    if kind in _NEEDED:
        return f"needs {_NEEDED[kind]}, got {value_text(value)}", _NEEDED[kind]
    if kind in _BOUNDS:
        bound = f"{_BOUNDS[kind]} {next(iter(context.values()))}"
        return f"must be {bound}, got {value_text(value)}", bound
    if kind == "missing":
        return "this key is missing", ""
    if kind == "literal_error":
        return f"{value_text(value)} is not one of the choices", str(context["expected"]).replace("'", '"')
    if kind == "string_pattern_mismatch":
        return f"{value_text(value)} does not fit the pattern", str(context["pattern"])
    if kind == "value_error":
        return str(context["error"]), ""
    return f"{found['msg']}, got {value_text(value)}", ""


def _near_choice(value: object, found: list[Mapping[str, Any]]) -> str:
    choices = [part.strip(" '") for one in found for part in one.get("ctx", {}).get("expected", "").split(" or ")]
    choices = [choice for part in choices for choice in part.replace("'", "").split(", ") if choice]
    near = difflib.get_close_matches(value, choices, 1) if isinstance(value, str) else []
    return f'did you mean "{near[0]}"?' if near else ""


def _ticks(path: Path, value: object, grid: Grid | None) -> tuple[str, str] | None:
    """A distance given in points: what is wrong, and how many ticks it is."""
    if not (isinstance(value, float) and path and str(path[-1]).endswith("_ticks")):
        return None
    if grid is None or not math.isfinite(value) or not grid[1]:
        return f"ticks are whole, got {value}", f"write {path[-1]} as a whole number of price steps"
    product, tick = grid
    count = Decimal(str(value)) / tick
    if count != count.to_integral_value() or count <= 0:
        return f"ticks are whole, got {value}", f"a tick of {product} is {tick} points"
    ticks = f"{int(count)} tick" if count == 1 else f"{int(count)} ticks"
    verb = "is" if count == 1 else "are"
    return f"ticks are whole; {value} points of {product} {verb} {ticks}", f"write {path[-1]} = {int(count)}"


def _value(path: Path, raw: Any) -> object:
    for part in path:
        raw = raw.get(part) if isinstance(raw, Mapping) else raw[part]
    return raw


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel]:
    at: Any = model
    for part in path:
        if _is_model(at):
            field = at.model_fields.get(str(part))
            at = None if field is None else _without_none(field.annotation)
        else:  # a key of a table, or a place in a list
            at = next(iter(filter(_is_model, get_args(at))), None)
    return at if _is_model(at) else model


def _without_none(annotation: Any) -> Any:
    """`X` out of `X | None`; anything else as it is."""
    models = [arg for arg in get_args(annotation) if _is_model(arg)]
    return models[0] if models and type(None) in get_args(annotation) else annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
