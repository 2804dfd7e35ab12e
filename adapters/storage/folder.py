"""A folder as the object store: for one machine, or several that share a file system."""

from __future__ import annotations

import os
import time
from contextlib import asynccontextmanager, contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from anyio import to_thread

from adapters.storage.keys import check_content_type, content_type_of, link_window
from adapters.storage.links import LinkSigner, OpenLink, RememberedLinks
from domain.ports import DepositLink, StorageUnavailable, StoredObject

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping
    from datetime import timedelta
    from pathlib import Path
    from typing import BinaryIO

    from domain.ports import Deposit, ObjectWriter

Result = TypeVar("Result")

_FILE_MODE = 0o644
_FOLDER_MODE = 0o755
_TRIES = 3


class DepositRefused(Exception):
    """Somebody sent other bytes than they had announced; nothing was stored."""


class _FileWriter:
    """Takes the bytes of a file that nobody can read yet."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    async def write(self, data: bytes) -> None:
        await _told(lambda: self._file.write(data))


class FolderStore:
    """Keeps each object as a file of its key's name; ``app/media.py`` serves the links that it signs."""

    def __init__(self, root: Path, public_url: str, secret: bytes, clock: Callable[[], float] = time.time) -> None:
        """Keep objects below ``root``, which is made when the first one comes.

        Args:
            root: the folder; every process that reads or writes objects sees it.
            public_url: where the API is reached from outside, as ``https://easel.example``.
            secret: signs the links; the same in every process.
            clock: Unix time in seconds.
        """
        self._root = root
        self._media_url = f"{public_url.rstrip('/')}/media"
        self._deposit_url = f"{public_url.rstrip('/')}/deposits"
        self._signer = LinkSigner(secret)
        self._clock = clock
        self._links = RememberedLinks()

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """Store ``data`` under ``key``, as the port says; it is on the disk when this returns.

        Raises:
            ValueError: ``key`` is no key, or its extension stands for another type.
            StorageUnavailable: the file system refused.
        """
        check_content_type(key, content_type)
        await to_thread.run_sync(_write, self._root / key, data)

    @asynccontextmanager
    async def writing(self, key: str, content_type: str) -> AsyncIterator[ObjectWriter]:
        """Store an object as its bytes come, as the port says; it is on the disk when the block has ended."""
        check_content_type(key, content_type)
        path = self.path(key)
        part = path.with_name(f".{path.name}.{uuid4().hex}.part")
        file = await _told(lambda: os.fdopen(_create(part), "wb"))
        try:
            yield _FileWriter(file)
            await _told(lambda: _flush(file))
            await _told(lambda: _put_in_place(part, path))
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
        finally:
            with suppress(OSError):  # a full disk was told already, and refuses again what waits to be written
                file.close()

    async def discard(self, key: str) -> None:
        """Remove the object and what its writers left behind; here, ``delete`` does both."""
        await self.delete(key)

    async def get(self, key: str) -> bytes:
        """Return the object's bytes, as the port says."""
        path = self.path(key)
        try:
            with _refusals_told():
                return await to_thread.run_sync(path.read_bytes)
        except FileNotFoundError:
            raise KeyError(key) from None

    async def stat(self, key: str) -> StoredObject | None:
        """Return size and content type, or None where there is no such object."""
        path = self.path(key)
        try:
            with _refusals_told():
                found = await to_thread.run_sync(path.stat)
        except FileNotFoundError:
            return None
        return StoredObject(key, found.st_size, content_type_of(key))

    async def delete(self, key: str) -> None:
        """Remove the object and the folders that it leaves empty."""
        await to_thread.run_sync(_remove, self.path(key), self._root)

    def url(self, key: str, expires_in: timedelta, download_name: str | None = None) -> str:
        """Return a signed link, as the port says."""
        now = self._clock()
        if not download_name and (known := self._links.get(key, expires_in, now)):
            return known
        content_type_of(key)
        begin, seconds, until = link_window(key, now, expires_in)
        link = f"{self._media_url}/{key}?{self._signer.query(key, begin + seconds, download_name or None)}"
        return link if download_name else self._links.put(key, expires_in, until, link)

    def verify(self, key: str, query: Mapping[str, str]) -> OpenLink | None:
        """Return what a link's decoded query allows, or None where it does not open ``key`` now."""
        return self._signer.verify(key, query, self._clock())

    def deposit_link(self, deposit: Deposit, expires_in: timedelta) -> DepositLink:
        """Return a link to the API's own route (``app/deposits.py``), as the port says."""
        check_content_type(deposit.key, deposit.content_type)
        query = self._signer.deposit_query(deposit, int(self._clock() + expires_in.total_seconds()))
        return DepositLink(f"{self._deposit_url}/{deposit.key}?{query}", {"content-type": deposit.content_type})

    def verify_deposit(self, key: str, query: Mapping[str, str]) -> Deposit | None:
        """Return what a deposit link's decoded query lets be stored now, or None where it does not hold."""
        return self._signer.verify_deposit(key, query, self._clock())

    async def receive(self, deposit: Deposit, chunks: AsyncIterator[bytes]) -> None:
        """Store a deposit as its bytes come, never holding more than a chunk of it; whole, or not at all.

        Raises:
            DepositRefused: the bytes are not those that were announced.
            StorageUnavailable: the file system refused.
        """
        path = self.path(deposit.key)
        part = path.with_name(f".{path.name}.{uuid4().hex}.part")
        with _refusals_told():
            file = await to_thread.run_sync(lambda: os.fdopen(_create(part), "wb"))
            try:
                with file:
                    await _fill(file, deposit, chunks)
                await to_thread.run_sync(_put_in_place_or_yield, part, path)
            except BaseException:
                with suppress(OSError):
                    part.unlink()
                raise

    def path(self, key: str) -> Path:
        """Return where the object is kept, whether or not it exists.

        Raises:
            ValueError: ``key`` is no key.
        """
        content_type_of(key)
        return self._root / key


@contextmanager
def _refusals_told() -> Iterator[None]:
    """Tell what the file system refuses as the port does; a missing file stays FileNotFoundError."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StorageUnavailable(f"The media folder refused: {error.strerror}") from error


async def _told(call: Callable[[], Result]) -> Result:
    """Run ``call`` in a thread; what the file system refuses is told as the port does."""
    try:
        with _refusals_told():
            return await to_thread.run_sync(call)
    except FileNotFoundError as error:
        raise StorageUnavailable("Somebody removed what was being written") from error


def _write(path: Path, data: bytes) -> None:
    # The name starts with a dot, which no key does: what a crash leaves behind can never be read.
    part = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        with _refusals_told():
            _write_through(part, data)
            _put_in_place_or_yield(part, path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def _put_in_place_or_yield(part: Path, path: Path) -> None:
    try:
        _put_in_place(part, path)
    except FileNotFoundError as error:
        if not path.exists():
            raise StorageUnavailable("Somebody removed what was being written") from error
        # Another writer of this object finished meanwhile and cleaned up: as if it had come just after us.


def _put_in_place(part: Path, path: Path) -> None:
    part.replace(path)
    _remove_parts(path)
    _flush_folder(path.parent)


async def _fill(file: BinaryIO, deposit: Deposit, chunks: AsyncIterator[bytes]) -> None:
    size, digest = 0, sha256()
    async for chunk in chunks:
        size += len(chunk)
        if size > deposit.size:
            break
        await to_thread.run_sync(file.write, chunk)
        digest.update(chunk)
    if size != deposit.size or digest.hexdigest() != deposit.sha256:
        raise DepositRefused("These are not the bytes that were announced.")
    await to_thread.run_sync(_flush, file)


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _remove_parts(path: Path) -> None:
    """Remove what writers of this object left behind when they were killed; one that still lives is replaced."""
    for part in path.parent.glob(f".{path.name}.*.part"):
        part.unlink(missing_ok=True)


def _write_through(path: Path, data: bytes) -> None:
    with os.fdopen(_create(path), "wb") as file:
        file.write(data)
        _flush(file)


def _create(path: Path) -> int:
    for _ in range(_TRIES):
        with suppress(FileNotFoundError):  # a delete has just removed the folder that was left empty
            _make_folder(path.parent)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
            os.fchmod(descriptor, _FILE_MODE)
            return descriptor
    raise StorageUnavailable("The media folder is being removed")


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir()
        folder.chmod(_FOLDER_MODE)
        _flush_folder(folder.parent)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path, root: Path) -> None:
    with _refusals_told():
        path.unlink(missing_ok=True)
        _remove_parts(path)
    with suppress(OSError):  # a folder that still holds something stays
        for folder in path.parents:
            if folder == root:
                return
            folder.rmdir()
