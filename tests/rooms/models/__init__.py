"""The guard that abstains."""
