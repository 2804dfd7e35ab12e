"""An Easel to measure: embedded servers as ``make run`` starts them, and Easel's processes over them."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from app.embedded.folders import throwaway_home
from app.embedded.postgres import start_postgres
from app.embedded.valkey import start_valkey
from benchmarks import ROOT
from conftest import install

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Installation


@contextmanager
def installation(*processes: str, **settings: str) -> Iterator[Installation]:
    """Run ``processes`` over the demo world in a folder of their own; all is gone when the context ends.

    The servers write to disk as safely as they do for ``make run``; ``settings`` are environment variables.
    """
    with throwaway_home() as home, ExitStack() as ending:
        postgres, valkey = start_postgres(home), start_valkey(home)
        ending.callback(valkey.stop)
        ending.callback(postgres.stop)
        place = install(home, postgres.url, valkey.url, **settings)
        ending.callback(place.stop)
        migrate = (sys.executable, "-m", "app", "migrate", "--demo")
        subprocess.run(migrate, env=place.environment, cwd=ROOT, check=True)
        place.start(*processes)
        yield place
