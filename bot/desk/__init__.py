"""The loop: market → signals → strategies → gate → brackets. The same for a tape and for a live market.

    loop.py      walks batches: events, clock edges, the broker's reports, in the order in which they happened
    asking.py    strategies as they are asked, and who is asked no more
    telling.py   what a person tells the desk, served between two batches
    watch.py     a live run's own state: link, feeds, clocks, and the mode that follows from all of it
    facts.py     what `status` shows
    parts.py     what a desk is made of

It knows ports, never the rooms behind them.
"""

from bot.desk.loop import Desk
from bot.desk.parts import Orders, Parts, Seat, Tally

__all__ = ["Desk", "Orders", "Parts", "Seat", "Tally"]
