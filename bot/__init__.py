"""paperpit: a paper-trading daemon for futures day-traders who read order flow."""
