"""The models of a run's strategies: read from the files that their TOML names, and put before the gate."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.config import StrategyFile
from bot.daemon.asked import Asked
from bot.domain.abstain import Heard
from bot.errors import InputMissing
from bot.models import record
from bot.models.judge import Judge
from bot.models.record import File

Read = Mapping[str, tuple[File | None, str]]
"""Strategy → its model as the file has it (None: there is no file), and the hash that its TOML asks for."""


def read(asked: Asked, specs: Sequence[StrategyFile]) -> Read:
    """The models that strategies ask for. Raises ConfigError for a file that is no model."""
    found: dict[str, tuple[File | None, str]] = {}
    for spec in specs:
        if spec.model is not None:
            path = asked.loaded(spec).path.parent / spec.model.file
            try:
                found[spec.name] = (record.read(path), spec.model.hash)
            except InputMissing:
                found[spec.name] = (None, spec.model.hash)
    return found


class Models:
    """The models in force."""

    def __init__(self, found: Read) -> None:
        self._found = found
        self.judges = {name: Judge(*one) for name, one in found.items()}
        """By strategy; the gate has this very mapping."""

    def take_up(self, past: Iterable[Heard]) -> None:
        """What earlier runs of the account have left, in order."""
        for one in past:
            if (judge := self.judges.get(one.strategy)) is not None:
                judge.hear([one])

    def changes(self, found: Read) -> Iterator[str]:
        """What is different, in words."""
        for name in sorted(found.keys() | self._found.keys()):
            if _mark(found.get(name)) != _mark(self._found.get(name)):
                yield f"the model of {name} has changed"

    def put_in(self, found: Read) -> None:
        """Let others judge; who stays remembers."""
        for name in self.judges.keys() - found.keys():
            del self.judges[name]
        for name, (file, pinned) in found.items():
            if name in self.judges:
                self.judges[name].swap(file, pinned)
            else:
                self.judges[name] = Judge(file, pinned)
        self._found = found

    def notes(self) -> Iterator[str]:
        """What a person should know before the run."""
        for name, (file, _) in self._found.items():
            if file is None:
                yield f"{name} has no model yet: everything that it proposes is refused (paperpit model train)"


def _mark(one: tuple[File | None, str] | None) -> tuple[str, str] | None:
    return None if one is None else (one[0].hash if one[0] is not None else "", one[1])
