"""kill -9 of the real daemon: `paperpit run` against `paperpit gateway`, killed again and again, both processes.

    plan.py     what a seed lets happen: when each life of the daemon ends, and what goes wrong meanwhile
    market.py   a market that trades a lot, and the settings of a desk that is always in it
    truth.py    what really happened: the gateway's ledger
    journal.py  what the daemon wrote
    books.py    the two held against each other
    lives.py    one life: started, waited for, killed
    episode.py  some fifty lives at one gateway on one journal
    servers.py  the journals: a file, or a PostgreSQL of one's own
    summary.py  what came of all of them
    owner.py    two daemons race for one journal or one account (`make chaos-owner`)

`make chaos KILLS=500 [DB=postgres] [SEED=1] [JOBS=2]`. The books are judged by nothing that the daemon decides with.
"""
