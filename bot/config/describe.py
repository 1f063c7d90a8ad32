"""What a settings model takes, as people and programs read it: key, type, default in TOML's words, meaning."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from bot.config.params import duration_text

_WORDS = {int: "whole number", float: "number", str: "text", bool: "true or false", Decimal: "amount", dict: "table"}


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a settings file."""

    name: str
    """With its tables: `bracket.stop_ticks`."""
    type: str
    default: Any
    """As TOML would hold it; None when the key may be left out and nothing stands for it."""
    required: bool
    about: str


def describe(model: type[BaseModel], prefix: str = "") -> Iterator[Key]:
    """Every key that `model` takes, those of its tables too, in the model's order."""
    about = attribute_docs(model)
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from describe(field.annotation, f"{prefix}{name}.")
            continue
        inner = _model_in(field.annotation)
        if inner is not None:
            any_name = "NAME." if get_origin(field.annotation) is dict else ""
            yield from describe(inner, f"{prefix}{name}.{any_name}")
            continue
        kind = _kind(field)
        default = None if field.is_required() else toml_value(field.get_default(call_default_factory=True), kind)
        yield Key(prefix + name, takes(field), default, field.is_required(), about.get(name, ""))


def takes(field: FieldInfo) -> str:
    """What a key takes in a user's words: `whole number, at least 1`."""
    return ", ".join([_kind(field), *(text for rule in field.metadata if (text := _bound(rule)))])


def _kind(field: FieldInfo) -> str:
    return _reader(field.metadata) or type_text(field.annotation)


def attribute_docs(model: type) -> dict[str, str]:
    """The docstring below each attribute of a class; none when its source cannot be read."""
    try:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    except (OSError, TypeError, ValueError):
        return {}
    assert isinstance(tree, ast.ClassDef)
    found: dict[str, str] = {}
    for attribute, below in zip(tree.body, tree.body[1:], strict=False):
        is_text = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
        if isinstance(attribute, ast.AnnAssign) and isinstance(attribute.target, ast.Name) and is_text:
            assert isinstance(below, ast.Expr)
            assert isinstance(below.value, ast.Constant)
            found[attribute.target.id] = inspect.cleandoc(str(below.value.value)).replace("\n", " ")
    return found


def type_text(annotation: Any) -> str:
    """A type in a user's words: `whole number or "cluster"`."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return " or ".join(type_text(arg) for arg in args if arg is not NoneType)
    if origin is Literal:
        return ", ".join(f'"{arg}"' for arg in args)
    if origin in (tuple, list):
        return f"list of {type_text(args[0])}"
    if origin is dict:
        return "table" if args[1] is Any else f"table of {type_text(args[1])}"
    reader = _reader(getattr(annotation, "__metadata__", ()))
    if reader:
        return reader
    return type_text(args[0]) if args else _WORDS.get(annotation, "value")


def toml_value(value: Any, kind: str = "") -> Any:
    """A default as TOML would hold it: durations and amounts as text, tuples as lists."""
    if kind.startswith("duration") and isinstance(value, int):
        return duration_text(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, tuple):
        return [toml_value(one) for one in value]
    return value


def _reader(metadata: Any) -> str:
    """Values with a unit are known by the function that reads them."""
    for rule in metadata:
        if isinstance(rule, BeforeValidator):
            return {"_duration": "duration", "_decimal": "amount", "clock_time": "time of day"}.get(
                rule.func.__name__, ""
            )
    return ""


def _bound(rule: Any) -> str:
    names = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    return next((f"{word} {getattr(rule, name)}" for name, word in names.items() if hasattr(rule, name)), "")


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model of an optional table, or of tables by name."""
    found = [arg for arg in get_args(annotation) if isinstance(arg, type) and issubclass(arg, BaseModel)]
    return found[0] if found and get_origin(annotation) in (Union, UnionType, dict) else None
