"""Figures that are derived from the journal: round trips as flat records, estimates with intervals, groups, tries."""

SESSIONS_MIN = 20
"""Below this many exchange sessions nothing is estimated: whole sessions are what is drawn anew, never round trips."""
ROUND_TRIPS_MIN = 30
"""Below this many round trips nothing is estimated, and nothing is said about an edge."""
