"""The quality report: our detectors and the reference detectors on tapes of two markets, pooled over seeds."""
