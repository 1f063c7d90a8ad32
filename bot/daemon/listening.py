"""Which detectors a reload lets join and leave, from which moment on, and what its strategies hear of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.config import StrategyFile
from bot.daemon.asked import Asked
from bot.daemon.making import own_nonce
from bot.daemon.opening import Opened, flow_of, idle_of, wishes_of
from bot.domain.command import clock_text
from bot.errors import ConfigError
from bot.signals.hearing import Hearing, hearing

RESTART = "paperpit stop; paperpit run"


@dataclass(frozen=True, slots=True)
class Listening:
    """What the strategies of one set of settings hear."""

    moment: int
    """From when on, ns UTC."""
    hearings: Mapping[int, Hearing]
    """By instrument."""
    where: Sequence[tuple[int, int]]
    """For each strategy its instrument, and which of the wishes there is its own."""
    known: bool = False
    """Whether the detectors were told beforehand."""

    @property
    def changes(self) -> bool:
        """Whether a detector joins or leaves, or has other thresholds."""
        return any(one.changes for one in self.hearings.values())

    def told(self) -> Iterator[str]:
        """What changes, in words."""
        for one in self.hearings.values():
            product = one.roster.instrument.product
            if one.retuned:
                yield f"{product}: {one.named(one.retuned)} with other parameters"
            if one.hushed:
                warm = clock_text(max(one.hushed.values()))
                yield f"{product}: {one.named(sorted(one.hushed))} new, silent until warm at {warm}"


class Listeners:
    """Who hears what of a run's detectors. Those that a repetition is to change it knows from the beginning."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._known: dict[str, Listening] = {}
        for command in opened.asked.commands:
            revision = opened.asked.revisions.get(command.nonce)
            if revision is not None:
                idle = idle_of(revision, opened.adapter, flow_of(revision))
                specs = [spec for spec in revision.specs if spec.name not in idle]
                found = self._found(revision, specs, revision.moment or command.ts)
                self.change(found)
                self._known[own_nonce(opened.run, command.nonce)] = replace(found, known=True)

    def of(self, nonce: str, asked: Asked, specs: Sequence[StrategyFile], now: int) -> Listening:
        """What strategies will hear, by the number of the reload that wants it at `now` (ns UTC).

        Nothing is changed yet. Raises ConfigError for what the running detectors cannot become.
        """
        known = self._known.get(nonce)
        # What has been handed to a scan has been read by the detectors of before.
        return known or self._found(asked, specs, max(now, self._opened.engine.reads_to) + 1)

    def _found(self, asked: Asked, specs: Sequence[StrategyFile], moment: int) -> Listening:
        opened = self._opened
        wishes, where = wishes_of(asked, opened.adapter, specs)
        try:
            found = {at: hearing(opened.engine, at, wishes[at], moment) for at in dict.fromkeys(at for at, _ in where)}
        except ConfigError as error:
            raise ConfigError(error.what, allowed=error.allowed, do=error.do or RESTART) from error
        return Listening(moment, found, where)

    def change(self, found: Listening) -> None:
        """Let the detectors change at its moment."""
        changing = {at: one for at, one in found.hearings.items() if one.changes}
        if changing and not found.known:
            rosters = {at: one.roster for at, one in changing.items()}
            self._opened.engine.revise(found.moment, rosters, {at: one.hushed for at, one in changing.items()})

    def heard(self, found: Listening) -> list[frozenset[int]]:
        """For each strategy the sources that it may hear, once `change` was called."""
        heard = {at: self._opened.engine.heard(at, one.roster) for at, one in found.hearings.items()}
        return [heard[at][number] for at, number in found.where]
