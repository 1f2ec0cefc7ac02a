"""Which of the next 64 bytes are among a few? Compiled to one comparison a register.

LLVM makes no vector code of loops that end early, as every search in text does; here the
comparison is written as a vector and comes back as 64 bits, the first byte in the lowest. Bytes
are read beyond what is looked at: a buffer has `MARGIN` bytes of room after its last line.
"""

# ruff: noqa: ARG001 -- Numba takes the names of arguments from the typing function.

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

MARGIN: Final = 64


class _Call(NamedTuple):
    """What Numba gives for writing a call out: its `values`, and their types in `signature`."""

    context: Any
    builder: Any
    signature: Any
    values: Any


_WORD: Final = ir.IntType(64)
_BYTES: Final = ir.VectorType(ir.IntType(8), MARGIN)


def _point(call: _Call, first: int, pointed: Any) -> Any:
    """Where the array that is the argument of number `first` has the place in the next one."""
    array = call.context.make_array(call.signature.args[first])
    data = array(call.context, call.builder, call.values[first]).data
    place = call.builder.gep(data, [call.values[first + 1]])
    return call.builder.bitcast(place, pointed.as_pointer())


def _load(call: _Call, first: int, loaded: Any) -> Any:
    return call.builder.load(_point(call, first, loaded), align=1)


def _comparing(compare: Callable[[Any, Any], Any]) -> Any:
    """A compiled function of a buffer and a position in it, that gives 64 bits of what `compare`
    makes of a builder and the vector of bytes."""

    def find(_: Any, buffer: Any, position: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            vector = _load(_Call(context, builder, signature, values), 0, _BYTES)
            return builder.bitcast(compare(builder, vector), _WORD)

        return types.uint64(buffer, types.int64), generate

    return intrinsic(find)


def _among(builder: Any, vector: Any, characters: str) -> Any:
    found = [
        builder.icmp_unsigned("==", vector, ir.Constant(_BYTES, [ord(c)] * MARGIN))
        for c in characters
    ]
    together = found[0]
    for each in found[1:]:
        together = builder.or_(together, each)
    return together


def _ends_text(builder: Any, vector: Any) -> Any:
    control = builder.icmp_unsigned("<", vector, ir.Constant(_BYTES, [32] * MARGIN))
    return builder.or_(control, _among(builder, vector, '"\\'))


find_ends_of_text = _comparing(_ends_text)
"""Quotes, backslashes and what may not stand in a string."""

find_line_feeds = _comparing(lambda builder, vector: _among(builder, vector, "\n"))

find_backslashes = _comparing(lambda builder, vector: _among(builder, vector, "\\"))

find_quotes = _comparing(lambda builder, vector: _among(builder, vector, '"'))

find_opening = _comparing(lambda builder, vector: _among(builder, vector, "{["))

find_closing = _comparing(lambda builder, vector: _among(builder, vector, "}]"))

find_oddities = _comparing(lambda builder, vector: _among(builder, vector, "\\\n"))
"""What ends a line or makes the next byte mean something else."""


def _first_of(_: Any, bits: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.cttz(values[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


first_of: Any = intrinsic(_first_of)
"""The number of the lowest of some bits; 64 where there is none."""


def _count_of(_: Any, bits: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.ctpop(values[0])

    return types.int64(types.uint64), generate


count_of: Any = intrinsic(_count_of)
"""How many bits there are."""


def _find_differences(_: Any, one: Any, at: Any, other: Any, there: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        call = _Call(context, builder, signature, values)
        differ = builder.icmp_unsigned("!=", _load(call, 0, _BYTES), _load(call, 2, _BYTES))
        return builder.bitcast(differ, _WORD)

    return types.uint64(one, types.int64, other, types.int64), generate


find_differences: Any = intrinsic(_find_differences)
"""Where 64 bytes of two buffers differ."""


def _read_word(_: Any, buffer: Any, position: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _load(_Call(context, builder, signature, values), 0, _WORD)

    return types.uint64(buffer, types.int64), generate


read_word: Any = intrinsic(_read_word)
"""Eight bytes as a number."""


def _copy_bytes(_: Any, source: Any, start: Any, target: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        call = _Call(context, builder, signature, values)
        builder.store(_load(call, 0, _BYTES), _point(call, 2, _BYTES), align=1)
        return context.get_dummy_value()

    return types.void(source, types.int64, target, types.int64), generate


copy_bytes: Any = intrinsic(_copy_bytes)
"""Copy 64 bytes; both buffers have as many from there on."""
