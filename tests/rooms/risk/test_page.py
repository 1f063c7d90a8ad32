"""docs/risk.md tells every rule of the gate, and each product's limits as they are."""

from bot.risk.rules import ALL
from tests.rooms.risk.products import PAGE, page


def test_the_page_has_a_row_for_every_rule() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [rule.name for rule in ALL if text.count(f"\n| `{rule.name}` |") != 1] == []


def test_the_page_has_each_products_limits() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text), "python -m tests.rooms.risk.products writes the table anew"
