"""Every Protocol that a part is known by. Rooms import these pages and `domain`, never each other.

desk.py      market and broker (an adapter), clock, journal, schedule
gate.py      the one door for entries
signals.py   detector, engine, strategy, doubter
"""

from bot.domain.market import Days
from bot.ports.desk import (
    Adapter,
    AdapterNeeds,
    Batch,
    Broker,
    Clock,
    Edge,
    Journal,
    Market,
    Renewal,
    RunFacts,
    Schedule,
    Stop,
)
from bot.ports.gate import Gate
from bot.ports.signals import DeskView, Detector, Doubter, Engine, Remembers, Strategy

__all__ = [
    "Adapter",
    "AdapterNeeds",
    "Batch",
    "Broker",
    "Clock",
    "Days",
    "DeskView",
    "Detector",
    "Doubter",
    "Edge",
    "Engine",
    "Gate",
    "Journal",
    "Market",
    "Remembers",
    "Renewal",
    "RunFacts",
    "Schedule",
    "Stop",
    "Strategy",
]
