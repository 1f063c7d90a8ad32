"""What other strategies want to hear of an engine that reads already, and which detectors have to change for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.config import duration_text
from bot.errors import ConfigError
from bot.signals.engines import MultiEngine
from bot.signals.joining import cold, retuned
from bot.signals.roster import GUARDS, Roster, Wish


@dataclass(frozen=True, slots=True)
class Hearing:
    """What is wanted of one instrument's detectors from a moment on."""

    roster: Roster
    """All that is wanted."""
    changes: bool = False
    """Whether something of it does not run: the roster's detectors take over, and whoever is not in it leaves."""
    hushed: dict[int, int] = field(default_factory=dict)
    """Its sources that begin cold → up to when (ns UTC) they say nothing."""
    retuned: Sequence[int] = ()
    """Its sources that go on with other thresholds."""

    def named(self, sources: Sequence[int]) -> str:
        """Sources in words, as settings name them."""
        told = (self.roster.listed[source] for source in sources)
        return ", ".join(dict.fromkeys(" ".join(filter(None, (one.kind, _length(one.timeframe_ns)))) for one in told))


def hearing(engine: MultiEngine, at: int, wishes: Sequence[Wish], moment: int) -> Hearing:
    """What the wishes of the instrument `at` take from `moment` (ns UTC) on.

    Where all that they want runs already, nothing changes, and who is not wanted runs on: it is warm when it is wanted
    again. Raises ConfigError for what no running engine takes: a guard's other parameters, too many timeframes.
    """
    one, before = engine.engines[at], engine.roster(at)
    wanted = Roster(one.instrument, wishes, one.days, before.base)
    if set(wanted.keys) <= set(before.keys):
        return Hearing(wanted)
    _refuse_other_guards(before, wanted)
    wanted.world()  # has room for so many timeframes only
    return Hearing(wanted, True, cold(before, wanted, one.days, moment), retuned(before, wanted))


def _refuse_other_guards(before: Roster, wanted: Roster) -> None:
    kinds = [kind for kind, old, new in zip(GUARDS, before.listed, wanted.listed, strict=False) if old.hash != new.hash]
    if kinds:
        raise ConfigError(
            f"{wanted.instrument.product}: a guard watches from the beginning of a run, and cannot change:"
            f" {', '.join(f'[detectors.{kind}]' for kind in kinds)}"
        )


def _length(ns: int) -> str:
    return duration_text(ns) if ns else ""
