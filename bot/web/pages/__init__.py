"""One file a page: what it shows, taken from the journal and the desk. The looks stand in `templates`."""
