"""Easel's small model, from nothing: draws pictures, trains on them, writes a pipeline and measures it."""
