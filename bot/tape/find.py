"""Where tapes are found: by path, by name in the tapes folder, or `demo` for the shipped one."""

import difflib
from pathlib import Path

from bot import resources
from bot.errors import InputMissing

DEMO = "demo"


def tapes_folder() -> Path:
    """Where tapes go that were given no other place. It may not exist yet."""
    return resources.data_folder() / "tapes"


def demo_path() -> Path:
    """The shipped synthetic tape."""
    return resources.shipped("config/tapes/demo.parquet")


def find_tape(name: str) -> Path:
    """The file of a tape: `demo`, a path, or a name in the tapes folder. Raises InputMissing, naming what is near."""
    if name == DEMO:
        path = demo_path()
        if not path.is_file():
            raise InputMissing("the shipped tape is missing from this installation", where=str(path))
        return path
    folder = tapes_folder()
    for path in (Path(name), folder / name, folder / f"{name}.parquet"):
        if path.is_file():
            return path
    if Path(name).is_dir():
        raise InputMissing("is a folder; a tape is one file", where=name, do="paperpit tape list")
    known = [DEMO, *sorted(path.stem for path in folder.glob("*.parquet"))]
    near = difflib.get_close_matches(name, known, 1)
    raise InputMissing(
        "there is no such tape",
        where=name,
        allowed=f"a path, or one of {', '.join(known[:8])}{' …' if len(known) > 8 else ''}",
        do=f"did you mean {near[0]}?" if near else "paperpit tape list",
    )
