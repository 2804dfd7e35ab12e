"""Judges of prompts, as ``domain.ports.PromptGuard``."""
