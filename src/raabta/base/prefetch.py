"""Memory asked for ahead of its use: a kernel that jumps from cell to cell would wait for each of them."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_READ, _KEEP, _DATA = 0, 3, 1


def _prefetch(context: Any, array: Any, place: Any) -> Any:
    """Ask for the cache line that holds one place of a contiguous array, counted over all its axes.

    A hint: it computes nothing, and a place outside the array does no harm. Compiled code only.
    """

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        line = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(8).as_pointer())
        flags = [ir.IntType(32)(flag) for flag in (_READ, _KEEP, _DATA)]
        kind = ir.FunctionType(ir.VoidType(), [line.type, *(flag.type for flag in flags)])
        builder.call(builder.module.declare_intrinsic("llvm.prefetch", (line.type,), kind), [line, *flags])
        return context.get_dummy_value()

    return types.void(array, place), emit


prefetch: Any = intrinsic(_prefetch)
"""Called with an array and a place in it: see above."""
