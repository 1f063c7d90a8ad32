"""What `init` and `strategies new` write. Nothing that exists is ever overwritten."""

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from bot.config.places import BOT_FILE, TOKEN_FILE
from bot.errors import UsageError
from bot.resources import shipped

STRATEGY = '''"""{title}: say in one sentence what it waits for, and why that should pay."""

from collections.abc import Sequence

from pydantic import Field

from bot.config import Params as BaseParams
from bot.config import StrategyFile, read_params
from bot.domain.decision import Proposal, Refusal, Signal
from bot.domain.instrument import Instrument
from bot.domain.sizing import size
from bot.errors import ConfigError
from bot.ports import DeskView


class Params(BaseParams):
    """[params] of {toml}."""

    strength_min: float = Field(0.5, ge=0)
    """A weaker signal is let go."""


class {name}:
    """Enters with every absorption that is strong enough, at a fixed distance from its stop and target."""

    Params = Params

    def __init__(self, spec: StrategyFile, instrument: Instrument) -> None:
        bracket = spec.bracket
        if not isinstance(bracket.stop_ticks, int) or not isinstance(bracket.target_ticks, int):
            raise ConfigError("fixed distances are needed", where=spec.name, allowed="stop_ticks = 8, and so on")
        self.name = spec.name
        self.instrument = spec.instrument
        self.wants = frozenset({{"absorption"}})
        self._params = read_params(Params, spec.params, prefix=("params",))
        self._spec, self._facts = spec, instrument
        self._stop, self._target = bracket.stop_ticks, bracket.target_ticks

    def decide(self, signal: Signal, desk: DeskView) -> Sequence[Proposal | Refusal]:
        """One bracket for one signal. Nothing while something of ours is open: one idea at a time."""
        if desk.open_brackets or signal.strength < self._params.strength_min:
            return ()
        bracket = self._spec.bracket
        units, none = size(self._facts, self._stop, contracts=bracket.contracts, risk_usd=bracket.risk_usd)
        if none:
            return (Refusal(self.name, signal.instrument, signal.side, signal.id, signal.known, (none,)),)
        entry = signal.price + signal.side * self._spec.entry.offset_ticks
        return (
            Proposal(
                strategy=self.name,
                instrument=signal.instrument,
                side=signal.side,
                quantity=units,
                entry=entry,
                stop=entry - signal.side * self._stop,
                target=entry + signal.side * self._target,
                signal_id=signal.id,
                known=signal.known,
                ttl_ns=self._spec.entry.ttl,
                time_stop_ns=self._spec.time_stop or 0,
                why=f"absorption of strength {{signal.strength:.2f}}",
            ),
        )
'''

SETTINGS = """# {title}. Judge it: paperpit check {toml}   Try it: paperpit replay --strategy {toml}

name = "{slug}"
strategy = "{module}.py:{name}"
instrument = "ES"
timeframe = "1m"
time_stop = "20m"

[params]
strength_min = 0.5

[bracket]
stop_ticks = 8                   # 2.00 points of ES, 100.00 USD a contract
target_ticks = 16                # 4.00 points
contracts = 1

[entry]
ttl = "2m"
offset_ticks = 1                 # one tick towards the market from the signal's price

[hours]
session = "regular"

[expect]                         # checked: paperpit refuses a file whose author is wrong about it
risk_ticks = 8
reward_ticks = 16
reward_risk = 2
"""

TEST = '''"""{title}: what it does about a signal, and what it leaves alone."""

from pathlib import Path

from bot import plugins
from bot.config import instrument, load_strategy
from bot.domain.decision import Proposal, Signal
from bot.ports import DeskView

SPEC = load_strategy(Path(__file__).with_name("{toml}"))
STRATEGY = plugins.find("strategies", SPEC.strategy)
QUIET = DeskView(now=0, bid=16800, ask=16801, position=0, open_brackets=0)


def signal(strength: float, side: int = 1) -> Signal:
    return Signal("run-1", 0, 0, 0, "absorption", side, 16800, strength, 0, {{}})


def test_a_strong_signal_becomes_a_bracket() -> None:
    (proposal,) = STRATEGY(SPEC, instrument("ES")).decide(signal(0.9), QUIET)
    assert isinstance(proposal, Proposal)
    assert (proposal.entry, proposal.stop, proposal.target) == (16801, 16793, 16817)


def test_a_short_is_the_mirror() -> None:
    (proposal,) = STRATEGY(SPEC, instrument("ES")).decide(signal(0.9, side=-1), QUIET)
    assert isinstance(proposal, Proposal)
    assert (proposal.entry, proposal.stop, proposal.target) == (16799, 16807, 16783)


def test_a_weak_signal_is_let_go() -> None:
    assert STRATEGY(SPEC, instrument("ES")).decide(signal(0.1), QUIET) == ()


def test_one_idea_at_a_time() -> None:
    busy = DeskView(now=0, bid=16800, ask=16801, position=1, open_brackets=1)
    assert STRATEGY(SPEC, instrument("ES")).decide(signal(0.9), busy) == ()
'''


def write_strategy(name: str, folder: Path) -> list[Path]:
    """Code, TOML and test of a new strategy, in that order. Raises UsageError for a bad name or an existing file."""
    if not re.fullmatch(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*", name):
        raise UsageError(
            f'"{name}" is no name for a strategy', allowed="small letters, digits, - and _: first-pullback"
        )
    slug, module = name.replace("_", "-"), name.replace("-", "_")
    words = {
        "title": slug.replace("-", " ").capitalize(),
        "name": "".join(part.capitalize() for part in module.split("_")),
        "slug": slug,
        "module": module,
        "toml": f"{slug}.toml",
    }
    return _write(
        {
            folder / f"{module}.py": STRATEGY.format(**words),
            folder / f"{slug}.toml": SETTINGS.format(**words),
            folder / f"test_{module}.py": TEST.format(**words),
        }
    )


def write_settings(folder: Path) -> list[Path]:
    """bot.toml, a strategy and a token of 32 random bytes that only its owner may read. Raises UsageError."""
    strategy = "es-open-absorption.toml"
    return _write(
        {
            folder / BOT_FILE: (shipped("config") / BOT_FILE).read_text(encoding="utf-8"),
            folder / strategy: (shipped("config/strategies") / strategy).read_text(encoding="utf-8"),
            folder / TOKEN_FILE: secrets.token_urlsafe(32) + "\n",
        },
        private=(TOKEN_FILE,),
    )


def _write(files: Mapping[Path, str], private: tuple[str, ...] = ()) -> list[Path]:
    there = [path for path in files if path.exists()]
    if there:
        names = ", ".join(str(path) for path in there)
        raise UsageError(f"{names}: already there, nothing was written", do="name another folder")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Exclusive: between the look above and now somebody may have made the file.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if path.name in private else 0o666)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    return list(files)
