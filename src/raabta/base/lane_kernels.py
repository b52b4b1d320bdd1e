"""Eight float64 at once, for kernels whose loops LLVM would not vectorise by itself.

`Lanes` is one LLVM vector of eight doubles: a register of AVX-512, two of AVX2, four of NEON; the bits
are the same with all of them. The functions are for code under `@njit` and inline to an instruction or a few.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic as _intrinsic
from numba.extending import models, register_model

COUNT = 8
intrinsic: Any = _intrinsic
_DOUBLE = ir.DoubleType()
_VECTOR = ir.VectorType(_DOUBLE, COUNT)
_INT = ir.IntType(32)


class Lanes(types.Type):
    """Eight doubles in one value."""

    def __init__(self) -> None:
        super().__init__(name="Lanes8f64")


LANES = Lanes()


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)


def _pointer(context: Any, builder: Any, kind: Any, args: Any) -> Any:
    array = context.make_array(kind)(context, builder, args[0])
    return builder.bitcast(builder.gep(array.data, [args[1]]), _VECTOR.as_pointer())


@intrinsic
def load(typing, array, index):
    """Eight values of a flat float64 array from `index` on."""

    def code(context, builder, signature, args):
        return builder.load(_pointer(context, builder, signature.args[0], args), align=8)

    return LANES(array, types.intp), code


@intrinsic
def store(typing, array, index, value):
    """Write eight values to a flat float64 array from `index` on."""

    def code(context, builder, signature, args):
        builder.store(args[2], _pointer(context, builder, signature.args[0], args), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, value), code


@intrinsic
def spread(typing, x):
    """One value in every lane."""

    def code(context, builder, signature, args):
        one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), args[0], _INT(0))
        zeros = ir.Constant(ir.VectorType(_INT, COUNT), [0] * COUNT)
        return builder.shuffle_vector(one, ir.Constant(_VECTOR, ir.Undefined), zeros)

    return LANES(types.float64), code


@intrinsic
def take(typing, array, index):
    """One value of a flat float64 array in every lane; `index` is not negative."""

    def code(context, builder, signature, args):
        own = context.make_array(signature.args[0])(context, builder, args[0])
        value = builder.load(builder.gep(own.data, [args[1]]), align=8)
        one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), value, _INT(0))
        zeros = ir.Constant(ir.VectorType(_INT, COUNT), [0] * COUNT)
        return builder.shuffle_vector(one, ir.Constant(_VECTOR, ir.Undefined), zeros)

    return LANES(array, types.intp), code


@intrinsic
def add(typing, a, b):
    """a + b."""

    def code(context, builder, signature, args):
        return builder.fadd(args[0], args[1])

    return LANES(a, b), code


@intrinsic
def mul(typing, a, b):
    """a b."""

    def code(context, builder, signature, args):
        return builder.fmul(args[0], args[1])

    return LANES(a, b), code


@intrinsic
def sub(typing, a, b):
    """a - b."""

    def code(context, builder, signature, args):
        return builder.fsub(args[0], args[1])

    return LANES(a, b), code


@intrinsic
def ratio(typing, a, b):
    """a / b."""

    def code(context, builder, signature, args):
        return builder.fdiv(args[0], args[1])

    return LANES(a, b), code


@intrinsic
def root(typing, a):
    """Square root, rounded once."""

    def code(context, builder, signature, args):
        name = f"llvm.sqrt.v{COUNT}f64"
        kind = ir.FunctionType(_VECTOR, [_VECTOR])
        return builder.call(builder.module.declare_intrinsic(name, fnty=kind), args)

    return LANES(a), code


@intrinsic
def choose(typing, a, b, x, y):
    """x where a < b, else y."""

    def code(context, builder, signature, args):
        return builder.select(builder.fcmp_ordered("<", args[0], args[1]), args[2], args[3])

    return LANES(a, b, x, y), code


@intrinsic
def fma(typing, a, b, c):
    """a b + c, rounded once."""

    def code(context, builder, signature, args):
        kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
        name = f"llvm.fma.v{COUNT}f64"
        return builder.call(builder.module.declare_intrinsic(name, fnty=kind), args)

    return LANES(a, b, c), code


@intrinsic
def total(typing, a):
    """The sum of the lanes: ((0+4) + (2+6)) + ((1+5) + (3+7))."""

    def code(context, builder, signature, args):
        rest = [builder.extract_element(args[0], _INT(i)) for i in range(COUNT)]
        while len(rest) > 1:
            half = len(rest) // 2
            rest = [builder.fadd(rest[i], rest[i + half]) for i in range(half)]
        return rest[0]

    return types.float64(a), code
