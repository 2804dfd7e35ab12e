"""What clauses are written over: they hold in any statement that has such rows in reach."""

from __future__ import annotations

from typing import Any

Row = Any
"""A row with its columns as attributes: a mapped class itself, or one of its rows in some statement."""
Value = Any
"""A value, or an SQL expression that stands for one."""
