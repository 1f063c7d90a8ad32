"""Contract details as this gateway tells them."""

from datetime import UTC, date, datetime, timedelta

from tests.second_gateway.options import Options

MONTHS = {3: "H", 6: "M", 9: "U", 12: "Z"}
RULES = {"26": [("0", "0.25")], "32": [("0", "0.05"), ("100", "0.25")], "99": [("0", "0.01")]}
MULTIPLIER = {"ES": "50", "MES": "5"}


def third_friday(year: int, month: int) -> date:
    """When the quarter's contract ends."""
    first = date(year, month, 1)
    return first + timedelta(days=(4 - first.weekday()) % 7 + 14)


def quarters(today: date, count: int) -> list[date]:
    """The next last trading days."""
    months = [(today.year + i // 12, i % 12 + 1) for i in range(today.month - 1, today.month + 26)]
    ends = [third_friday(*one) for one in months if one[1] in MONTHS]
    return [end for end in ends if end >= today][:count]


def hours(options: Options, today: date, shift: int) -> str:
    """A week of hours around the clock, `shift` hours from Chicago, in one of the ways they are written."""
    if options.hours == "empty":
        return ""
    days = []
    for day in (today + timedelta(days=n) for n in range(-1, 7)):
        before = day - timedelta(days=1)
        closed = day.weekday() >= 5 and options.hours == "closed days"
        if closed:
            days.append(f"{day:%Y%m%d}:CLOSED")
        elif options.hours_style == "short" or options.hours == "split day":
            days.append(f"{day:%Y%m%d}:{shift:02d}00-{15 + shift:02d}15,{15 + shift:02d}30-{22 + shift:02d}59")
        else:
            opens, closes = f"{before:%Y%m%d}:{17 + shift:02d}00", f"{day:%Y%m%d}:{16 + shift:02d}00"
            days.append(f"{opens}-{closes}")
    return ";".join(days)


class Contracts:
    """What the gateway lists, for one product of a quarter's months."""

    def __init__(self, options: Options, symbol: str, seconds: float) -> None:
        self.options, self.symbol = options, symbol
        self.today = datetime.fromtimestamp(seconds, UTC).date()
        near = self.today + timedelta(days=9)
        ends = quarters(near if options.expiries == "one" else self.today, 1 if options.expiries == "one" else 5)
        self.ends = {495_512_500 + 13 * n: end for n, end in enumerate(ends)}

    def short(self, number: int) -> list[str]:
        """conId … tradingClass of openOrder, execDetails and position: 11 fields without primaryExchange."""
        end = self.ends[number]
        local = f"{self.symbol}{MONTHS[end.month]}{end.year % 10}"
        options = self.options
        return [
            str(number),
            self.symbol,
            "FUT",
            f"{end:%Y%m%d}",
            "0" if options.unset == "" else "0.0",
            "" if options.trading_class else "?",
            MULTIPLIER[self.symbol] + options.multiplier[2:],
            "CME",
            "USD",
            local if options.local_symbol else "",
            self.symbol if options.trading_class else "",
        ]

    def listed(self) -> list[int]:
        """In an order of the gateway's own."""
        numbers = list(self.ends)
        return [*numbers[2:], *numbers[:2]]

    def details(self, request: str, number: int) -> list[str]:
        """Message 10."""
        options, end = self.options, self.ends[number]
        expiry = {
            "date": f"{end:%Y%m%d}",
            "date time zone": f"{end:%Y%m%d} 08:30 {options.zone}",
            "dashes": f"{end:%Y%m%d}-08:30:00-{options.zone}",
        }[options.expiry_style]
        real = {"date": f"{end:%Y%m%d}", "date and time": f"{end:%Y%m%d} 08:30:00", "empty": ""}
        local = options.local_symbol.replace("Z6", f"{MONTHS[end.month]}{end.year % 10}").replace("ES", self.symbol)
        shift = 0 if options.zone in ("US/Central", "America/Chicago", "CST (Central Standard Time)") else 1
        text = hours(options, self.today, shift)
        exchanges = {"one": ("CME,QBALGO", "26,26"), "empty": ("CME", ""), "rows": ("QBALGO,CME", "99,32")}
        valid, rules = exchanges[options.rules]
        out = ["10", request, self.symbol, "FUT", expiry, "0", "", "CME", "USD", local, self.symbol]
        out += [
            self.symbol if options.trading_class else "",
            str(number),
            "0.25" if options.rules != "rows" else "0.05",
        ]
        out += [MULTIPLIER[self.symbol] + options.multiplier[2:], "ACTIVETIM,AD,ADJUST,LMT,STP,MKT", valid, "1"]
        out += ["11004968", "E-mini S&P 500", "", f"{end:%Y%m}" if options.contract_month else "", "", "", ""]
        out += [options.zone, text, text, "", "", "0", "2147483647", self.symbol, "IND", rules]
        return [*out, real[options.real_expiration], "", "1", "1", "1"]
