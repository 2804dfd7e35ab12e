"""Judges of finished pictures, as ``domain.ports.OutputChecker``."""
