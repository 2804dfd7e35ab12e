"""Frames of a socket, however they arrive: many in one segment, a byte at a time, behind the handshake, in parts."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn.server import ServerState
from websockets.frames import DATA_OPCODES, Frame, Opcode

from app.streams.frames import PING as PING_FRAME
from app.streams.frames import text_frame, whole_frames
from app.streams.socket import stream_socket
from raw_sockets import CONTINUED, FIN, INIT, PING, PONG, TEXT, frame, raw
from served import served

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from raw_sockets import RawSocket

MOST = 70_000
SIZES = (0, 1, 125, 126, 127, 65_535, 65_536, MOST)
"""Around each of the three ways in which a size is written."""
ASKED = b'{"type":"ping"}'
TOLD = [(TEXT, b'{"type":"connection_ack"}'), (TEXT, b'{"type":"pong"}'), (PONG, b"still here?")]


def serialized(opcode: Opcode, size: int, *, is_last: bool, is_masked: bool) -> bytes:
    return Frame(opcode, b"x" * size, is_last).serialize(mask=is_masked)


def frames(sizes: st.SearchStrategy[int]) -> st.SearchStrategy[bytes]:
    """Return frames as websockets writes them; control frames are short, and have no parts."""
    said = st.builds(
        serialized, st.sampled_from(sorted(DATA_OPCODES)), sizes, is_last=st.booleans(), is_masked=st.booleans()
    )
    control = st.sampled_from((Opcode.CLOSE, Opcode.PING, Opcode.PONG))
    asked = st.builds(serialized, control, st.integers(0, 125), is_last=st.just(value=True), is_masked=st.booleans())
    return said | asked


ANY_FRAMES = st.lists(frames(st.sampled_from(SIZES) | st.integers(0, 300)), max_size=5)


@given(whole=ANY_FRAMES, data=st.data())
@settings(deadline=None)
def test_frames_that_are_cut_anywhere_are_whole_up_to_the_last_that_ended(
    whole: list[bytes], data: st.DataObject
) -> None:
    sent = b"".join(whole)
    ends = [len(b"".join(whole[:count])) for count in range(len(whole) + 1)]
    near = st.sampled_from(ends).flatmap(lambda end: st.integers(max(0, end - 3), min(len(sent), end + 15)))
    cut = data.draw(st.integers(0, len(sent)) | near)

    assert whole_frames(sent[:cut], MOST) == max(end for end in ends if end <= cut)


@given(
    whole=st.lists(frames(st.integers(0, 125)), max_size=3),
    most=st.sampled_from((125, 300, 65_535, MOST)),
    more=st.integers(1, 50),
    is_masked=st.booleans(),
    data=st.data(),
)
@settings(deadline=None)
def test_a_frame_that_is_too_large_is_whole_as_soon_as_its_size_is_known(
    whole: list[bytes],
    most: int,
    more: int,
    is_masked: bool,  # noqa: FBT001 - given by name
    data: st.DataObject,
) -> None:
    before = b"".join(whole)
    large = serialized(Opcode.TEXT, most + more, is_last=True, is_masked=is_masked)
    known = 4 if most + more < 1 << 16 else 10  # bytes: two, and two or eight of the size (RFC 6455, 5.2)
    cut = data.draw(st.integers(0, known + 5) | st.integers(0, len(large)))

    assert whole_frames(before + large[:cut], most) == len(before) + (cut if cut >= known else 0)


@pytest.mark.parametrize("size", SIZES)
def test_what_is_said_is_framed_as_websockets_frames_it(size: int) -> None:
    text = b"x" * size
    assert text_frame(text[: size // 2], text[size // 2 :]) == Frame(Opcode.TEXT, text).serialize(mask=False)
    assert Frame(Opcode.PING, b"").serialize(mask=False) == PING_FRAME


async def heard(socket: RawSocket) -> list[tuple[int, bytes]]:
    """Return what is said, texts first: a ping is answered at once, also while a token is looked at."""
    async with asyncio.timeout(10):
        return sorted([await socket.receive() for _ in TOLD], key=lambda told: told[0])


@pytest.mark.anyio
async def test_messages_are_understood_however_they_are_cut(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path
) -> None:
    # given two messages, the second in parts with a ping between them
    parts = [frame(ASKED[:7], TEXT), frame(b"still here?", FIN | PING), frame(ASKED[7:9], CONTINUED)]
    sent = frame(INIT) + b"".join(parts) + frame(ASKED[9:], FIN | CONTINUED)
    ways: list[Iterable[bytes]] = [(sent[:cut], sent[cut:]) for cut in range(1, len(sent))]
    ways += [(sent,), (bytes((byte,)) for byte in sent)]
    async with served(spare_database_url, spare_redis_url, tmp_path) as easel:
        for number, segments in enumerate(ways):
            _, socket = await raw(easel.url)
            guest = easel.sockets()[-1]
            for segment in segments:
                guest.data_received(segment)

            assert await heard(socket) == TOLD, number
            socket.writer.close()

        # and where the system hands over a byte or some
        _, socket = await raw(easel.url)
        for byte in sent:
            socket.writer.write(bytes((byte,)))
            await socket.writer.drain()
        assert await heard(socket) == TOLD
        socket.writer.close()


@pytest.mark.anyio
async def test_what_comes_right_behind_the_handshake_is_understood(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path
) -> None:
    async with served(spare_database_url, spare_redis_url, tmp_path) as easel:
        # given sockets that are handed all that arrives
        make = partial(stream_socket(easel.host), uvicorn.Config(easel.host.edge), ServerState(), {})
        server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
        async with server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            message = frame(ASKED)
            # when the first messages come in the same segment, whole or as far as half of one
            for cut in (len(message), len(message) // 2):
                status, socket = await raw(url, behind=frame(INIT) + frame(b"still here?", FIN | PING) + message[:cut])
                socket.writer.write(message[cut:])

                assert status == 101
                assert await heard(socket) == TOLD
                socket.writer.close()


@pytest.mark.anyio
async def test_empty_parts_of_a_message_take_no_memory(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path
) -> None:
    async with served(spare_database_url, spare_redis_url, tmp_path) as easel:
        _, socket = await raw(easel.url)
        (guest,) = easel.sockets()
        socket.writer.write(frame(INIT[:1], TEXT) + frame(b"", CONTINUED) * 1_000 + frame(b"", FIN | PING))
        assert await socket.receive() == (PONG, b"")
        assert guest._parts == [INIT[:1]]

        socket.writer.write(frame(INIT[1:], FIN | CONTINUED))
        assert await socket.receive() == (TEXT, b'{"type":"connection_ack"}')
        socket.writer.close()
