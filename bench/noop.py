"""Writes wasm modules that do nothing, or next to nothing: what a wasm filter costs before its own work begins.

Envoy calls each callback that a module exports, so the number of exports is the price of doing nothing; what is added to
that are the calls that a module makes to Envoy. The bytes are those of the WebAssembly core specification, chapter 5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

# Where answers of the host go, and where it finds texts: all in the first page of memory.
_ANSWER, _TEXTS, _GIVEN = 16, 64, 4096
# A place that stands for none.
_NOWHERE = 0


@dataclass(frozen=True)
class Call:
    """A call to Envoy: a function of the ABI and its arguments, numbers or bytes (which count as two: place and length)."""

    function: str
    arguments: Sequence[int | str | bytes]


CLOCK = Call("proxy_get_current_time_nanoseconds", [_ANSWER])
READ_ALL = Call("proxy_get_header_map_pairs", [0, _ANSWER, _ANSWER + 4])
READ_ONE = Call("proxy_get_header_map_value", [0, ":path", _ANSWER, _ANSWER + 4])
SET = Call("proxy_replace_header_map_value", [0, "x-user-id", "usr_8a3f"])
SET_ANOTHER = Call("proxy_replace_header_map_value", [0, "x-user-role", "customer"])
ADD = Call("proxy_add_header_map_value", [0, "x-user-id", "usr_8a3f"])
ADD_ANOTHER = Call("proxy_add_header_map_value", [0, "x-user-role", "customer"])
REMOVE = Call("proxy_remove_header_map_value", [0, "user-agent"])
SET_IN_ANSWER = Call("proxy_replace_header_map_value", [2, "x-ratelimit-limit", "100"])
READ_ANSWER = Call("proxy_get_header_map_pairs", [2, _ANSWER, _ANSWER + 4])
REMOVE_LENGTH = Call("proxy_remove_header_map_value", [2, "content-length"])
READ_BODY = Call("proxy_get_buffer_bytes", [1, 0, 4096, _ANSWER, _ANSWER + 4])
WRITE_BODY = Call("proxy_set_buffer_bytes", [1, 0, 4096, '{"ok":true}'])
READ_SHARED = Call("proxy_get_shared_data", ["portcullis", _ANSWER, _ANSWER + 4, _ANSWER + 8])
WRITE_SHARED = Call("proxy_set_shared_data", ["portcullis", "0123456789abcdef", 0])


def foreign(name: str, argument: bytes, is_read: bool) -> Call:
    """A function that Envoy offers by name; its answer is read, or only measured."""
    return Call("proxy_call_foreign_function", [name, argument, _ANSWER if is_read else _NOWHERE, _ANSWER + 4])


def module(name: str, callbacks: Sequence[str], calls: Mapping[str, Sequence[Call]] | None = None) -> Path:
    """A module that exports these callbacks besides the ones that every module must, and makes these calls in them."""
    path = place.folder("run") / f"{name}.wasm"
    path.write_bytes(_Module([*_REQUIRED, *(c for c in callbacks if c not in _REQUIRED)], calls or {}).assemble())
    return path


class _Module:
    def __init__(self, callbacks: Sequence[str], calls: Mapping[str, Sequence[Call]]) -> None:
        self._callbacks = callbacks
        self._calls = calls
        self._imports = list({call.function: call for made in calls.values() for call in made}.values())
        self._texts = b""

    def assemble(self) -> bytes:
        exported = len(self._imports)
        types = [_type(len(self._flat(call)), 1) for call in self._imports]
        types += [_type(*_CALLBACKS[name]) for name in self._callbacks]
        imports = [_text("env") + _text(call.function) + b"\x00" + bytes([n]) for n, call in enumerate(self._imports)]
        functions = [bytes([exported + n]) for n in range(len(self._callbacks))]
        exports = [_text(name) + b"\x00" + bytes([exported + n]) for n, name in enumerate(self._callbacks)]
        exports.append(_text("memory") + b"\x02\x00")
        bodies = [self._body(name) for name in self._callbacks]
        one_page = b"\x00\x01"
        texts = b"\x00" + _constant(_TEXTS) + b"\x0b" + _sized(self._texts)
        sections = [
            (1, _list(types)),
            (2, _list(imports)),
            (3, _list(functions)),
            (5, _list([one_page])),
            (7, _list(exports)),
            (10, _list(bodies)),
            (11, _list([texts])),
        ]
        return b"\0asm\x01\0\0\0" + b"".join(bytes([number]) + _sized(content) for number, content in sections)

    def _body(self, name: str) -> bytes:
        """No locals, the calls with their results dropped, a constant for the result, `end`."""
        numbers = [call.function for call in self._imports]
        code = b""
        for call in self._calls.get(name, []):
            code += b"".join(map(_constant, self._flat(call))) + b"\x10" + bytes([numbers.index(call.function)]) + b"\x1a"
        result = _constant(_RESULTS.get(name, 0)) if _CALLBACKS[name][1] else b""
        return _sized(b"\x00" + code + result + b"\x0b")

    def _flat(self, call: Call) -> list[int]:
        flat: list[int] = []
        for argument in call.arguments:
            flat += [argument] if isinstance(argument, int) else [self._place(argument), len(argument)]
        return flat

    def _place(self, text: str | bytes) -> int:
        """Where a text stands in memory; it is put there if it is not there yet."""
        raw = text.encode() if isinstance(text, str) else text
        if raw not in self._texts:
            self._texts += raw
        return _TEXTS + self._texts.index(raw)


# on_done says that it is done; memory is always given at the same place, which nobody reads.
_RESULTS = {"proxy_on_done": 1, "proxy_on_memory_allocate": _GIVEN}


def _type(parameters: int, results: int) -> bytes:
    return b"\x60" + _list([_I32] * parameters) + _list([_I32] * results)


def _constant(value: int) -> bytes:
    """`i32.const`, whose number is a signed LEB128."""
    out = b"\x41"
    while value >= 0x40:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


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
