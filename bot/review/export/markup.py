"""HTML and SVG from plain calls: whatever is not markup already is escaped, so that no word of a journal can be any.

tag("td", trip.contract, class_="n")  →  <td class="n">ESZ2026</td>
"""

import re
from html import escape
from typing import Any

VOID = frozenset({"meta", "br", "circle", "line", "path", "polyline", "rect"})
UNSPEAKABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no document may hold (XML 1.0, section 2.2)."""


class Html(str):
    """Text that is markup."""

    __slots__ = ()

    def __html__(self) -> str:
        """For templates that escape what is no markup."""
        return self


def tag(name: str, /, *inside: Any, **attributes: Any) -> Html:
    """An element. A list is its members one after the other, None is nothing; `class_` is class.

    An attribute that is None is left out.
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Html(f"<{name}{said}/>")
    return Html(f"<{name}{said}>{_inner(inside)}</{name}>")


def _inner(inside: Any) -> str:
    if inside is None:
        return ""
    if isinstance(inside, Html):
        return inside
    if isinstance(inside, (list, tuple)):
        return "".join(map(_inner, inside))
    return _text(inside)


def _text(value: Any) -> str:
    return escape(UNSPEAKABLE.sub("\ufffd", str(value)))


def svg(key: str, size: tuple[int, int], title: str, said: str, *inside: object) -> Html:
    """A drawing of that width and height with what it shows in words; `key` makes its ids unique on a page."""
    return tag(
        "svg",
        tag("title", title, id=f"{key}-title"),
        tag("desc", said, id=f"{key}-desc"),
        list(inside),
        viewBox=f"0 0 {size[0]} {size[1]}",
        role="img",
        aria_labelledby=f"{key}-title {key}-desc",
    )


def length(value: float) -> str:
    """A coordinate or a length of a drawing, to a tenth."""
    return f"{value:.1f}".removesuffix(".0")
