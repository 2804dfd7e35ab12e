"""The zip stream: a file that every program unpacks, made without ever being in memory as a whole."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zipfile import ZIP_STORED, ZipFile

from workers.zip_stream import ZipStream

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 11, 21, 18, 30, 10, tzinfo=UTC)
FILES = {"a cat.png": b"one", "봄/고양이 (2).png": bytes(range(256)) * 500, "봄/empty.png": b"", "b/c/d.png": b"deep"}


def zipped(files: dict[str, bytes]) -> bytes:
    stream = ZipStream()
    parts = [stream.add(name, AT, data) for name, data in files.items()]
    parts.append(stream.end())
    assert stream.size == sum(map(len, parts))
    return b"".join(parts)


def test_it_is_a_zip_with_utf_8_names_and_stored_files() -> None:
    with ZipFile(io.BytesIO(zipped(FILES))) as archive:
        assert archive.testzip() is None
        assert {info.filename: archive.read(info) for info in archive.infolist()} == FILES
        for info in archive.infolist():
            assert (info.compress_type, info.date_time) == (ZIP_STORED, (2026, 11, 21, 18, 30, 10))
            assert bool(info.flag_bits & 0x800) == (not info.filename.isascii())
            assert info.external_attr >> 16 == 0o100644


def test_it_can_be_unpacked_as_a_stream_because_sizes_stand_before_the_bytes() -> None:
    data, found = zipped(FILES), {}
    while data.startswith(b"PK\3\4"):  # APPNOTE.TXT, 4.3.7
        flags, size, packed, length, extra = struct.unpack("<6xH10xIIHH", data[:30])
        assert not flags & 0x08, "sizes would stand behind"
        assert size == packed
        end = 30 + length + extra
        found[data[30 : 30 + length].decode()] = data[end : end + size]
        data = data[end + size :]

    assert found == FILES


def test_other_programs_unpack_it(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped(FILES))

    subprocess.run([sys.executable, "-m", "zipfile", "-e", "a.zip", "out"], cwd=tmp_path, check=True)

    out = {str(path.relative_to(tmp_path / "out")): path.read_bytes() for path in (tmp_path / "out").rglob("*.png")}
    assert out == FILES


def test_it_passes_65535_files_as_zip64() -> None:
    stream = ZipStream()
    with io.BytesIO() as file:
        for number in range(65_536):
            file.write(stream.add(f"{number}.png", AT, b""))
        end = stream.end()
        file.write(end)
        assert b"PK\6\6" in end  # the Zip64 record
        with ZipFile(file) as archive:
            assert len(archive.namelist()) == 65_536


def test_memory_does_not_grow_with_the_archive() -> None:
    picture = os.urandom(2**20)

    def peak(count: int) -> int:
        stream = ZipStream()
        tracemalloc.start()
        for number in range(count):
            stream.add(f"{number}.png", AT, picture)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        stream.close()
        return most

    few, many = peak(20), peak(200)
    assert many < few + 2**18, (few, many)
    assert many < 4 * len(picture)
