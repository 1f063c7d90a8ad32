"""Search: many settings of one strategy on the same tapes, and what may be said of the best of them.

    space.py    what a sweep file leaves open
    plan.py     which trials that makes, in an order that only file, number and seed decide
    units.py    how they are dealt out
    trial.py    one trial: a replay into a journal that is kept nowhere
    held.py     a tape decoded once for all trials of a process
    scans.py    what detectors see of it, looked for once where they are set alike
    threads.py  trials on threads
    processes.py  trials on processes of this machine
    cluster.py  trials on Dask
    here.py     which of the first two
    sweep.py    from the file to the results, which the journal keeps

It composes replays, so it stands above the daemon: a trial is `paperpit replay` but for where its journal goes.
"""
