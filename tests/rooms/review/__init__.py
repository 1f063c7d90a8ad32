"""The room that derives figures from the journal."""
