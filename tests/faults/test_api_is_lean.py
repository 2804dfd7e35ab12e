"""The API process carries no model, no picture library and no cloud client."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conftest import ROOT

if TYPE_CHECKING:
    from conftest import Installation

HEAVY = ("torch", "diffusers", "transformers", "numpy", "PIL", "boto3", "botocore", "dramatiq", "alembic")
_LOOK = f"""
import sys
import app.asgi
from app.settings import Settings
for checker in ("", "somebody/safety-checker"):
    app.asgi.create_host(Settings(safety_checker=checker))
print(sorted({{name.partition(".")[0] for name in sys.modules}} & set({HEAVY!r})))
"""


def test_what_only_workers_need_is_never_imported(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"EASEL_HOME": str(tmp_path), "DATABASE_URL": database_url, "REDIS_URL": redis_url}.items():
        monkeypatch.setenv(name, value)

    looked = subprocess.run([sys.executable, "-c", _LOOK], cwd=ROOT, capture_output=True, text=True, check=True)

    assert looked.stdout.strip() == "[]"


def resident_mb(pid: int) -> int:
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) // 1024


@pytest.mark.anyio
async def test_an_api_that_has_answered_tells_its_memory(easel: Installation) -> None:
    client = await easel.signed_up()
    await client.submit("a cat #block", key="k", count=1)
    await client.core("feed", kind="LATEST", first=10)

    api = easel.processes["api"].popen
    assert api
    megabytes = resident_mb(api.pid)
    print(f"resident memory of the API: {megabytes} MB")  # noqa: T201 - read it with pytest -s; benchmarks hold the bar
    assert megabytes
