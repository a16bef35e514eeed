"""Writes a wasm module that does nothing: what any wasm filter costs before its own work begins.

Envoy calls each callback that a module exports, so the number of exports is the price of doing nothing. The bytes are
those of the WebAssembly core specification, chapter 5; each function returns zeros and is empty otherwise.
"""

from collections.abc import Sequence
from pathlib import Path

from bench import place

_I32 = b"\x7f"
# Callback: number of its parameters, number of its results (all are i32). ABI 0.2.1.
_CALLBACKS = {
    "proxy_abi_version_0_2_1": (0, 0),
    # Never called by a module without configuration; Envoy refuses a module without it.
    "proxy_on_memory_allocate": (1, 1),
    "proxy_on_context_create": (2, 0),
    "proxy_on_request_headers": (3, 1),
    "proxy_on_request_body": (3, 1),
    "proxy_on_request_trailers": (2, 1),
    "proxy_on_response_headers": (3, 1),
    "proxy_on_response_body": (3, 1),
    "proxy_on_response_trailers": (2, 1),
    "proxy_on_done": (1, 1),
    "proxy_on_log": (1, 0),
    "proxy_on_delete": (1, 0),
}
_REQUIRED = ["proxy_abi_version_0_2_1", "proxy_on_memory_allocate", "proxy_on_context_create"]

REQUEST_HEADERS = ["proxy_on_request_headers"]
ALL_CALLBACKS = list(_CALLBACKS)


def module(name: str, callbacks: Sequence[str]) -> Path:
    """A module that exports these callbacks besides the ones that every module must."""
    path = place.folder("run") / f"{name}.wasm"
    path.write_bytes(_assemble([*_REQUIRED, *(c for c in callbacks if c not in _REQUIRED)]))
    return path


def _assemble(names: Sequence[str]) -> bytes:
    types = [b"\x60" + _list([_I32] * p) + _list([_I32] * r) for p, r in (_CALLBACKS[name] for name in names)]
    functions = [bytes([index]) for index in range(len(names))]
    exports = [_text(name) + b"\x00" + bytes([index]) for index, name in enumerate(names)]
    exports.append(_text("memory") + b"\x02\x00")
    # A local declaration list that is empty, `i32.const n` for each result, `end`. on_done says that it is done.
    bodies = [_sized(b"\x00" + _constant(name) + b"\x0b") for name in names]
    one_page = b"\x00\x01"
    sections = [
        (1, _list(types)),
        (3, _list(functions)),
        (5, _list([one_page])),
        (7, _list(exports)),
        (10, _list(bodies)),
    ]
    return b"\0asm\x01\0\0\0" + b"".join(bytes([number]) + _sized(content) for number, content in sections)


def _constant(name: str) -> bytes:
    if _CALLBACKS[name][1] == 0:
        return b""
    return b"\x41\x01" if name == "proxy_on_done" else b"\x41\x00"


def _list(items: Sequence[bytes]) -> bytes:
    return _number(len(items)) + b"".join(items)


def _sized(content: bytes) -> bytes:
    return _number(len(content)) + content


def _text(text: str) -> bytes:
    return _sized(text.encode())


def _number(value: int) -> bytes:
    """LEB128, as all sizes in a module are written."""
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])
