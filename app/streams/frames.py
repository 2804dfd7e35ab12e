"""WebSocket frames as a server sends them (RFC 6455, 5.2): whole, unmasked, without extensions."""

from __future__ import annotations

from typing import Final

_TEXT: Final = 0x81
"""FIN and the opcode of text."""
_SHORT: Final = 126
_MEDIUM: Final = 1 << 16


def text_frame(*parts: bytes) -> bytes:
    """Return a frame with a text, UTF-8, in parts."""
    text = b"".join(parts)
    size = len(text)
    if size < _SHORT:
        return bytes((_TEXT, size)) + text
    if size < _MEDIUM:
        return b"\x81\x7e" + size.to_bytes(2, "big") + text
    return b"\x81\x7f" + size.to_bytes(8, "big") + text
