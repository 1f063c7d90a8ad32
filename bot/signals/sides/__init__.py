"""Rules that say who caused a print, each in a file, and their comparison with the truth where a tape has it."""
