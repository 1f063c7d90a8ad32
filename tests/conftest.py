"""Hypothesis tries the same examples in every run, so that a run that fails fails again, also elsewhere.

`pytest --hypothesis-profile=explore` tries others, and remembers those that failed.
"""

from hypothesis import settings

settings.register_profile("same", derandomize=True)
settings.register_profile("explore", derandomize=False)
settings.load_profile("same")
