"""WebSocket frames (RFC 6455, 5.2): how many bytes are whole ones, and those that a server sends most."""

from __future__ import annotations

from typing import Final

PING: Final = b"\x89\x00"
"""A ping without a word."""
_TEXT: Final = 0x81
"""FIN and the opcode of text."""
_SHORT: Final = 126
_MEDIUM: Final = 1 << 16


def whole_frames(data: bytes, most: int) -> int:
    """Return how many bytes at the beginning of ``data`` are whole frames.

    A frame whose payload is larger than ``most`` counts as whole: it need not come to its end to be refused.
    """
    end = 0
    while len(data) >= end + 2:
        is_masked, size, head = data[end + 1] & 0x80, data[end + 1] & 0x7F, 2
        if size >= _SHORT:
            head += 2 if size == _SHORT else 8
            size = int.from_bytes(data[end + 2 : end + head], "big")
            if len(data) < end + head:
                break
        if size > most:
            return len(data)
        after = end + head + (4 if is_masked else 0) + size
        if len(data) < after:
            break
        end = after
    return end


def text_frame(*parts: bytes) -> bytes:
    """Return a frame with a text, UTF-8, in parts."""
    text = b"".join(parts)
    size = len(text)
    if size < _SHORT:
        return bytes((_TEXT, size)) + text
    if size < _MEDIUM:
        return b"\x81\x7e" + size.to_bytes(2, "big") + text
    return b"\x81\x7f" + size.to_bytes(8, "big") + text
