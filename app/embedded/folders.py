"""Where the embedded servers keep data and sockets, and which account they run as (PostgreSQL refuses to be root)."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from app.embedded.server import EmbeddedServerError

SYSTEM_FOLDER = Path("/var/lib/easel")
"""Takes the data of servers whose account can not enter Easel's home; made for that when it is needed."""
_SOCKET_LIMIT = 100  # bytes of a socket's path: 104 on macOS and the BSDs, 108 on Linux, less the final NUL


def server_account(folder: Path, *, may_be_root: bool) -> tuple[int, int] | None:
    """Return the user and group id to run a server as; None: as we do.

    As root that is the owner of the server's folder where another account made it before, else, where the server
    refuses to be root, ``nobody``.

    Raises:
        EmbeddedServerError: The folder belongs to another account, or there is no user ``nobody``.
    """
    owner = folder.stat().st_uid if folder.exists() else os.geteuid()
    if os.geteuid() != 0:
        if owner != os.geteuid():
            raise EmbeddedServerError(f"{folder} belongs to another account; set EASEL_HOME to a folder of your own.")
        return None
    if owner != 0:
        return owner, folder.stat().st_gid
    return None if may_be_root else _nobody()


def _nobody() -> tuple[int, int]:
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedServerError(
            "PostgreSQL refuses to run as root, and this system has no user 'nobody' to run it as. "
            "Run as another user, or set DATABASE_URL."
        ) from None
    return nobody.pw_uid, nobody.pw_gid


def can_enter(folder: Path, account: tuple[int, int]) -> bool:
    """Whether the account can reach what lies in ``folder``, by the permission bits of it and its parents."""
    return all(_allows(path, account, stat.S_IXOTH) for path in (folder, *folder.parents))


def can_read(path: Path, account: tuple[int, int]) -> bool:
    """Whether the account can open the file ``path`` for reading, by permission bits."""
    return can_enter(path.parent, account) and _allows(path, account, stat.S_IROTH)


def _allows(path: Path, account: tuple[int, int], others_bit: int) -> bool:
    info = path.stat()
    user, group = account
    if info.st_uid == user:
        others_bit <<= 6
    elif info.st_gid == group:
        others_bit <<= 3
    return bool(info.st_mode & others_bit)


def server_folder(home: Path, name: str, account: tuple[int, int] | None) -> Path:
    """Make and return the folder (0700) that belongs to the server's account: ``home/name``.

    Where the account can not enter ``home`` (root's EASEL_HOME below /root), the folder is made in /var/lib/easel, and
    ``home/name`` becomes a link to it: deleting the home then gives a fresh database, as one would expect.
    """
    make_home(home)
    folder = home / name
    if account is None:
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder
    if not folder.exists() and not can_enter(home, account):
        folder.unlink(missing_ok=True)  # a link to what is no longer there
        folder.symlink_to(_system_folder(home, name))
    folder.mkdir(mode=0o700, exist_ok=True)
    folder = folder.resolve()
    os.chown(folder, *account)
    return folder


def make_home(home: Path) -> None:
    """Make Easel's home, which others may pass through but not list, where it does not exist."""
    with contextlib.suppress(FileExistsError):
        home.mkdir(parents=True)
        home.chmod(0o711)


@contextlib.contextmanager
def throwaway_home() -> Iterator[Path]:
    """Make a home for servers that are wanted for a moment, and remove it with all that is in it."""
    with tempfile.TemporaryDirectory(prefix="easel-") as folder:
        Path(folder).chmod(0o711)  # or the servers' account could not enter, and /var/lib/easel would fill
        yield Path(folder)


def _system_folder(home: Path, name: str) -> Path:
    try:
        SYSTEM_FOLDER.mkdir(parents=True, exist_ok=True)
        SYSTEM_FOLDER.chmod(0o711)
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=SYSTEM_FOLDER))
    except OSError as error:
        raise EmbeddedServerError(
            f"As root the servers run as 'nobody', who can not enter {home}, and {SYSTEM_FOLDER} can not be made "
            f"({error.strerror}). Set EASEL_HOME to a folder that others may enter."
        ) from error
    folder.with_name(f"{folder.name}.home").write_text(f"{home}\n")
    return folder


def socket_folder(folder: Path, longest_name: str, account: tuple[int, int] | None) -> Path:
    """Return a folder for sockets that its owner alone can enter: ``folder/run``, or a short one instead.

    Socket paths are limited to about 100 bytes, and a comma in one would be read as two addresses by libpq.

    Raises:
        EmbeddedServerError: The short folder exists and belongs to somebody else.
    """
    run = folder / "run"
    if len(os.fsencode(run / longest_name)) > _SOCKET_LIMIT or "," in str(run):
        run = _runtime_folder() / f"easel-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"
    user, group = account or (os.geteuid(), os.getegid())
    with contextlib.suppress(FileExistsError):
        run.mkdir(mode=0o700)
        os.chown(run, user, group, follow_symlinks=False)
    info = run.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != user or info.st_mode & 0o077:
        raise EmbeddedServerError(
            f"{run} is not a folder of the server's alone; remove it, or choose another EASEL_HOME."
        )
    return run


def _runtime_folder() -> Path:
    own = os.environ.get("XDG_RUNTIME_DIR")
    if own and os.geteuid() != 0 and sys.platform == "linux" and Path(own).is_dir():
        return Path(own)
    return Path(tempfile.gettempdir())
