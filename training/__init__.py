"""Easel's small model, from nothing: draws pictures, trains on them, exports a Stable Diffusion pipeline, measures it."""
