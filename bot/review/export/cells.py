"""Values as cells of a CSV file, safe in a spreadsheet."""

import re
from typing import Any

NUMBER = re.compile(r"-?\d+(\.\d+)?")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection")."""


def cell(value: Any) -> Any:
    """Nested values as JSON text; words that a spreadsheet would calculate behind an apostrophe, never a number."""
    if isinstance(value, (dict, list, tuple)):
        import msgspec

        return msgspec.json.encode(value).decode()
    if isinstance(value, str) and value.startswith(FORMULA) and not NUMBER.fullmatch(value):
        return f"'{value}"
    return value
