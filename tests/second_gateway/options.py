"""What a gateway may do in one way or another; the first value of every list is the default."""

import random
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Options:
    """One gateway's character."""

    # how it writes
    unset: str = ""
    unset_int: str = ""
    price_style: str = "short"
    size_style: str = "3"
    split: bool = False
    merge: bool = False
    slow_s: float = 0.0
    server_version: int = 178
    # how it greets
    account: str = "DU1234567"
    id_first: bool = False
    farms: bool = True
    # what it says of contracts
    expiries: str = "shuffled"
    real_expiration: str = "date"
    expiry_style: str = "date"
    local_symbol: str = "ESZ6"
    trading_class: bool = True
    multiplier: str = "50"
    rules: str = "one"
    hours: str = "days"
    hours_style: str = "dated"
    zone: str = "US/Central"
    contract_month: bool = True
    # how it speaks of orders
    first_word: str = "openOrder"
    twice: bool = False
    children: str = "PreSubmitted"
    late_perm_id: bool = False
    delta_neutral_parts: bool = True
    fill_status: bool = True
    commission: str = "after"
    zone_of_executions: str = "US/Eastern"
    parts: bool = False
    infos: bool = False
    pending_cancel: bool = False
    cancelled_by: str = "status+202"
    # what it does not do
    missing_end_once: str = ""
    answers_time: bool = True
    answers_data_type: bool = True
    answers_history: bool = True
    # its market
    odd_ticks: bool = False
    rate: float = 80.0

    @staticmethod
    def drawn(seed: int) -> "Options":
        """A character by lot. Every value of every option is drawn by some seed."""
        lot = random.Random(seed)
        return Options(**{one.name: lot.choice(CHOICES[one.name]) for one in fields(Options) if one.name in CHOICES})


YES_NO = (False, True)
CHOICES: dict[str, tuple[Any, ...]] = {
    "unset": ("", "1.7976931348623157E308", "1.7976931348623157e+308"),
    "unset_int": ("", "2147483647"),
    "price_style": ("short", "two", "three", "float"),
    "size_style": ("3", "3.0", "3.0000000000000000"),
    "split": YES_NO,
    "merge": YES_NO,
    "slow_s": (0.0, 0.5, 1.0),
    "server_version": (178, 177, 176),
    "account": ("DU1234567", "DU1234567,", "DU1234567,DU7654321"),
    "id_first": YES_NO,
    "farms": YES_NO,
    "expiries": ("shuffled", "one"),
    "real_expiration": ("date", "date and time", "empty"),
    "expiry_style": ("date", "date time zone", "dashes"),
    "local_symbol": ("ESZ6", "ES   DEC 26", ""),
    "trading_class": YES_NO,
    "multiplier": ("50", "50.0"),
    "rules": ("one", "empty", "rows"),
    "hours": ("days", "closed days", "empty", "split day"),
    "hours_style": ("dated", "short"),
    "zone": (
        "US/Central",
        "America/New_York",
        "US/Eastern",
        "America/Chicago",
        "CST (Central Standard Time)",
        "EST5EDT",
    ),
    "contract_month": YES_NO,
    "first_word": ("openOrder", "orderStatus", "openOrder alone"),
    "twice": YES_NO,
    "children": ("PreSubmitted", "Submitted"),
    "late_perm_id": YES_NO,
    "delta_neutral_parts": YES_NO,
    "fill_status": YES_NO,
    "commission": ("after", "before", "late"),
    "zone_of_executions": ("US/Eastern", "UTC", "", "dashed UTC", "two spaces", "letters"),
    "parts": YES_NO,
    "infos": YES_NO,
    "pending_cancel": YES_NO,
    "cancelled_by": ("status+202", "202+status", "status alone"),
    "missing_end_once": ("", "openOrderEnd", "execDetailsEnd", "positionEnd"),
    "answers_time": YES_NO,
    "answers_data_type": YES_NO,
    "answers_history": YES_NO,
    "odd_ticks": YES_NO,
}
