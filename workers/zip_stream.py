"""A zip file as it grows: pictures are packed one by one and handed on, and none of them is kept."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

if TYPE_CHECKING:
    from datetime import datetime

_READABLE: Final = 0o100644 << 16
"""A plain file that everybody may read, as Unix says it to zip."""


class ZipStream:
    """Packs files that are stored as they are: pictures are compressed already.

    Each has its checksum and size before its bytes, so that also programs can unpack it that read it as a stream.
    """

    def __init__(self) -> None:
        """Pack nothing yet."""
        self._window = _Window()
        self._zip = ZipFile(self._window, "w", ZIP_STORED, allowZip64=True)

    @property
    def size(self) -> int:
        """Bytes that were handed on so far."""
        return self._window.begin

    def add(self, name: str, made_at: datetime, data: bytes) -> bytes:
        """Return what a file adds; ``name`` is its path with slashes. Call it in a thread: it reads all of ``data``."""
        info = ZipInfo(name, made_at.timetuple()[:6])
        info.external_attr = _READABLE
        self._zip.writestr(info, data)
        return self._window.take()

    def end(self) -> bytes:
        """Return what comes last: the list of all files."""
        self._zip.close()
        return self._window.take()

    def close(self) -> None:
        """Pack no more, whether or not it came to its end."""
        self._zip.close()


class _Window(io.BytesIO):
    """The end of a long file, which alone is in memory: ``zipfile`` comes back to the head of a file that it wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.begin = 0
        """Where in the whole file it begins."""

    def tell(self) -> int:
        return self.begin + super().tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence != io.SEEK_SET or offset < self.begin:
            raise io.UnsupportedOperation("what was handed on is gone")
        return self.begin + super().seek(offset - self.begin)

    def take(self) -> bytes:
        """Return what is in memory, and hold it no longer."""
        data = self.getvalue()
        self.begin += len(data)
        super().seek(0)
        self.truncate()
        return data
