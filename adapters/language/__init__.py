"""Prompts in other words: a table of phrases that is always there, and a language model where one is set."""
