"""What `check` has to say about the model that a strategy's file names."""

from collections.abc import Iterator
from pathlib import Path

from bot.config import StrategyFile
from bot.config.placing import Placing
from bot.errors import ConfigError, Fault, InputMissing


def model_faults(spec: StrategyFile, folder: Path, place: Placing) -> Iterator[Fault]:
    """A file that is no model would stop the start; one that is not there, or another one, refuses every proposal."""
    if spec.model is None:
        return
    from bot.models import record

    key, path = ("model", "file"), folder / spec.model.file
    try:
        file = record.read(path)
    except InputMissing as error:
        message = f"{error.what}: everything that {spec.name} proposes is refused (NOT_TRAINED)"
        yield place.fault(key, message, level="warning", do=error.do)
    except ConfigError as error:
        yield place.fault(key, error.what, do=error.do)
    else:
        wanted = spec.model.hash or file.hash
        if not file.whole or wanted != file.hash:
            message = f"the file is not the model that was meant: everything that {spec.name} proposes is refused"
            yield place.fault(key, message, level="warning", allowed=wanted, do="train it anew: paperpit model train")
