"""Which of the next 64 bytes are among a few? Compiled to one comparison a register.

LLVM makes no vector code of loops that end early, as every search in text does; here the
comparison is written as a vector and comes back as 64 bits, the first byte in the lowest. Bytes
are read beyond what is looked at: a buffer has `MARGIN` bytes of room after its last line.
"""

# ruff: noqa: ARG001 -- Numba takes the names of arguments from the typing function.

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

MARGIN: Final = 64

_WORD: Final = ir.IntType(64)
_BYTES: Final = ir.VectorType(ir.IntType(8), MARGIN)


def _load(context: Any, builder: Any, kind: Any, array: Any, at: Any, type_: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    start = builder.bitcast(builder.gep(data, [at]), type_.as_pointer())
    return builder.load(start, align=1)


def _comparing(compare: Callable[[Any, Any], Any]) -> Any:
    """A compiled function of a buffer and a position in it, that gives 64 bits of what `compare`
    makes of a builder and the vector of bytes."""

    @intrinsic  # type: ignore[untyped-decorator, unused-ignore]
    def find(_: Any, buffer: Any, position: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            vector = _load(context, builder, signature.args[0], *values, _BYTES)
            return builder.bitcast(compare(builder, vector), _WORD)

        return types.uint64(buffer, types.int64), generate

    return find


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


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def first_of(_: Any, bits: Any) -> Any:
    """The number of the lowest of some bits; 64 where there is none."""

    def generate(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.cttz(values[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def count_of(_: Any, bits: Any) -> Any:
    """How many bits there are."""

    def generate(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.ctpop(values[0])

    return types.int64(types.uint64), generate


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def find_differences(_: Any, one: Any, at: Any, other: Any, there: Any) -> Any:
    """Where 64 bytes of two buffers differ."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        left = _load(context, builder, signature.args[0], *values[:2], _BYTES)
        right = _load(context, builder, signature.args[2], *values[2:], _BYTES)
        return builder.bitcast(builder.icmp_unsigned("!=", left, right), _WORD)

    return types.uint64(one, types.int64, other, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def read_word(_: Any, buffer: Any, position: Any) -> Any:
    """Eight bytes as a number."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _load(context, builder, signature.args[0], *values, _WORD)

    return types.uint64(buffer, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def copy_bytes(_: Any, source: Any, start: Any, target: Any, at: Any) -> Any:
    """Copy 64 bytes; both buffers have as many from there on."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        vector = _load(context, builder, signature.args[0], *values[:2], _BYTES)
        data = context.make_array(signature.args[2])(context, builder, values[2]).data
        place = builder.bitcast(builder.gep(data, [values[3]]), _BYTES.as_pointer())
        builder.store(vector, place, align=1)
        return context.get_dummy_value()

    return types.void(source, types.int64, target, types.int64), generate
