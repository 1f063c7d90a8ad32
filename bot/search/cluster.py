"""Trials on Dask: a cluster that is there already, or one of processes of this machine.

A task is a function of this module over values: a tape is its path and its hash. A worker that does not have the tape
says so, is sent the file once, in pieces, and keeps it. A worker that is killed loses the trials at hand, which are
played again by another. The only importer of distributed.
"""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from distributed import Client, KilledWorker, LocalCluster, as_completed, get_worker
from distributed.client import FutureCancelledError

from bot.daemon.opening import version
from bot.errors import ConfigError, DataDamaged, InputMissing, PaperpitError, Unreachable
from bot.search.trial import Part, Scene, Tape, play_all
from bot.search.units import Unit
from bot.tape import open_tape

LOCAL = "local"
PIECE = 4 << 20
"""Bytes of a tape in one message."""
PATIENCE = "10s"
_QUIET = logging.CRITICAL + 1


@dataclass(frozen=True, slots=True)
class Lacks:
    """A worker's answer: it does not have the tape."""

    worker: str


def on_dask(scene: Scene, units: Sequence[Unit], address: str, jobs: int) -> Iterator[tuple[Tape, Part]]:
    """What comes of each trial, in the order in which units end, on the scheduler at `address` or `local` processes.

    Raises Unreachable, ConfigError for workers of another version, and what a tape raises.
    """
    with dask_client(address, min(jobs, max(1, len(units)))) as client:
        yield from on_client(client, address, scene, units)


def on_client(client: Client, address: str, scene: Scene, units: Sequence[Unit]) -> Iterator[tuple[Tape, Part]]:
    """The same on a cluster that somebody has opened."""
    begun = {_submitted(client, scene, unit): unit for unit in units}
    coming = as_completed(begun)
    sent = set[tuple[str, str]]()
    for done in coming:
        unit = begun.pop(done)
        try:
            answer = done.result()
        except KilledWorker as error:
            told = f"every worker that played it was killed (the last was {error.last_worker.address})"
            answer = [Part(number, error=told) for number, _ in unit.trials]
        except FutureCancelledError as error:
            raise _lost(address, error) from error
        if isinstance(answer, Lacks):
            if (answer.worker, unit.tape.hash) not in sent:
                _send(client, unit.tape, answer.worker)
                sent.add((answer.worker, unit.tape.hash))
            again = _submitted(client, scene, unit, answer.worker)
            begun[again] = unit
            coming.add(again)
            continue
        done.release()
        yield from ((unit.tape, part) for part in answer)


def _submitted(client: Client, scene: Scene, unit: Unit, worker: str | None = None) -> Any:
    """A unit on its way: to any worker, or best to one that has just been sent the tape."""
    where = {} if worker is None else {"workers": [worker], "allow_other_workers": True}
    return client.submit(play_there, scene, unit.tape, unit.trials, pure=False, **where)


@contextmanager
def dask_client(address: str, workers: int) -> Iterator[Client]:
    """The cluster at an address, or a local one of so many processes. Raises Unreachable, ConfigError."""
    if address == LOCAL:
        with (
            LocalCluster(
                workers, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=_QUIET
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise _lost(address, error) from error
    with client:
        if not (versions := client.run(version, "paperpit")):
            raise Unreachable("the Dask scheduler has no workers", where=address, do=f"dask worker {address}")
        if strangers := {one for one in versions.values() if one != version("paperpit")}:
            raise ConfigError(
                f"workers have paperpit {', '.join(sorted(strangers))}, here is {version('paperpit')}",
                where=address,
                do="install the same on all of them: results would not be the same",
            )
        yield client


def _lost(address: str, error: Exception) -> Unreachable:
    return Unreachable(
        f"the Dask scheduler does not answer: {error}",
        where=address,
        allowed="--dask local, or an address like tcp://127.0.0.1:8786",
        do="start the same sweep again: what was played is kept",
    )


def play_there(scene: Scene, tape: Tape, trials: Sequence[tuple[int, str]]) -> list[Part] | Lacks:
    """On a worker: several trials over one tape, or that it is not there. Raises what the tape raises."""
    worker = get_worker()
    for path in (tape.path, _kept(worker, tape)):
        if _is(path, tape):
            return play_all(scene, replace(tape, path=path), trials)
    return Lacks(worker.address)


def _kept(worker: Any, tape: Tape) -> Path:
    return Path(worker.local_directory) / f"{tape.hash}.parquet"


def _is(path: Path, tape: Tape) -> bool:
    """Whether the file at a path is that tape."""
    try:
        with open_tape(path) as reader:
            return reader.facts.hash == tape.hash
    except (InputMissing, DataDamaged):
        return False


def _send(client: Client, tape: Tape, worker: str) -> None:
    """Let a worker have the file of a tape, unless it is lost meanwhile. Raises PaperpitError."""
    digest, begin = hashlib.sha256(), 0
    with tape.path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            if not client.run(take, tape, begin, piece, workers=[worker]):
                return
            begin += len(piece)
    (kept,) = client.run(keep, tape, digest.hexdigest(), workers=[worker]).values() or (True,)
    if not kept:
        raise PaperpitError("a tape did not arrive as it was sent", where=worker)


def take(tape: Tape, begin: int, piece: bytes, dask_worker: Any) -> None:
    """On a worker: a piece of a tape's file, which begins at that byte."""
    with _kept(dask_worker, tape).with_suffix(".part").open("r+b" if begin else "wb") as file:
        file.seek(begin)
        file.write(piece)


def keep(tape: Tape, digest: str, dask_worker: Any) -> bool:
    """On a worker: the pieces are all there. Whether they are what was sent."""
    part = _kept(dask_worker, tape).with_suffix(".part")
    whole = hashlib.sha256(part.read_bytes()).hexdigest() == digest
    if whole:
        part.rename(_kept(dask_worker, tape))
    return whole
