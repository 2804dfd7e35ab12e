"""Reproducible measurements, one module each: ``make bench-NAME``, or ``python -m benchmarks.NAME --help``.

They talk to Easel as the tests do, with the same client and the same processes, hence the path.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tests"))
