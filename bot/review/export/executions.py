"""Executions as other journals import them: one row a fill, in the columns that they publish.

Sources
    tradervue   help.tradervue.com, article 3429, "Generic Import Format": Date, Time (24 h, the zone is chosen when
                importing), Symbol (futures as ESZ26), Quantity, Price, Side; optional: Commission, a charge is positive
    tradezella  help.tradezella.com, article 8239862, "Generic CSV File Upload": the columns below, date mm/dd/yy,
                time 24 h; Spread is the kind of asset; what follows it up to Call/Put is for options
    Stamps are New York time, to the second: neither takes fractions.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.expiry import CONTRACT
from bot.journal import rows
from bot.journal.filters import Filters
from bot.journal.lists import list_fills
from bot.journal.reading import Reader, RunInfo
from bot.journal.values import new_york

FUTURE = "future"


@dataclass(frozen=True, slots=True)
class Style:
    """What another journal wants: a date's form, and column → what of an execution stands in it, empty for nothing."""

    date: str
    columns: Mapping[str, str]


STYLES: Mapping[str, Style] = {
    "tradervue": Style(
        "%m/%d/%Y",
        {
            "Date": "date",
            "Time": "time",
            "Symbol": "symbol",
            "Quantity": "quantity",
            "Price": "price",
            "Side": "side",
            "Commission": "commission",
        },
    ),
    "tradezella": Style(
        "%m/%d/%y",
        {
            "Date": "date",
            "Time": "time",
            "Symbol": "symbol",
            "Buy/Sell": "side",
            "Quantity": "quantity",
            "Price": "price",
            "Spread": "asset",
            "Expiration": "",
            "Strike": "",
            "Call/Put": "",
            "Commission": "commission",
            "Fees": "",
        },
    ),
}


def executions(reader: Reader, runs: Sequence[RunInfo], filters: Filters, style: Style) -> Iterator[dict[str, Any]]:
    """The fills of `runs` as rows of that style, in order."""
    kinds = {(it.run, it.product): it.kind for it in reader.read(rows.Instrument, runs)}
    for fill in list_fills(reader, runs, filters):
        at = new_york(fill["ts_ns"])
        kind = kinds[fill["run"], fill["instrument"]]
        known = {
            "date": f"{at:{style.date}}",
            "time": f"{at:%H:%M:%S}",
            "symbol": symbol(fill["contract"]) if kind == FUTURE else fill["contract"],
            "quantity": fill["quantity"],
            "price": fill["price"],
            "side": fill["side"].capitalize(),
            "asset": kind.capitalize(),
            "commission": fill["commission"],
        }
        yield {name: known.get(of) for name, of in style.columns.items()}


def symbol(contract: str) -> str:
    """A futures contract with its year in two digits: ESZ2026 is ESZ26."""
    match = CONTRACT.match(contract)
    return f"{match[1]}{match[2]}{match[3][-2:]}" if match else contract
