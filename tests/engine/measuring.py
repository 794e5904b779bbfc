"""Runs one sample, on torch or on minigrad, and takes down everything that is compared.

What comes back is plain data, ready for JSON:

    outputs   for each: [dtype, shape, grad_fn's name or None, cells], or [repr] if it is no tensor
    first     for each input: the cells of its gradient
    second    for each of these gradients and for each input: the cells of its gradient

Cells are one flat list. A derivative that is None or zero everywhere is None: PyTorch gives either
for a derivative that vanishes.
"""

import ast

import numpy as np


def kinds(inputs):
    """Return the dtypes in which a sample is run, the exact one last."""
    return ["float32", "float64"] if inputs else ["float64"]


def strided(array):
    """Give the array other cells between its own."""
    return np.repeat(array, 2, axis=-1)[..., ::2] if array.ndim else array


def reversed_(array):
    """Give the array negative strides."""
    return np.flip(np.flip(array).copy())


def run(code, names):
    """Execute the statements of a sample and return the value of its last expression."""
    *before, last = ast.parse(code).body
    exec(compile(ast.Module(before, []), code, "exec"), names)
    return eval(compile(ast.Expression(last.value), code, "eval"), names)


def flat(result, t):
    """List the tensors in a result, however they are packed, and whatever else it is made of."""
    if isinstance(result, tuple | list) and not isinstance(result, t.Size):
        return [leaf for each in result for leaf in flat(each, t)]
    return [result]


def cotangents(tensors, t):
    """Make a cotangent for each tensor; all cells differ, and float32 holds them exactly."""
    seeds = []
    for place, each in enumerate(tensors):
        size = int(np.prod(each.shape))
        cells = place + (np.arange(size) + 1) / 2 ** size.bit_length()
        seeds.append(t.tensor(cells.reshape(each.shape), dtype=each.dtype))
    return seeds


def cells_of(tensor):
    """List a tensor's cells; float32 in its own short form."""
    # PyTorch keeps some gradients as a promise of zeros, which has no memory before it is copied.
    array = tensor.detach().clone().numpy().ravel()
    return [float(str(each)) for each in array] if array.dtype == np.float32 else array.tolist()


def slopes(tensors, inputs, t):
    """Differentiate those of the tensors that require it; None where an input is not used."""
    tensors = [each for each in tensors if each.requires_grad]
    if not tensors:
        return [None] * len(inputs)
    gradients = t.autograd.grad(
        tensors, inputs, cotangents(tensors, t), create_graph=True, allow_unused=True
    )
    for gradient, tensor in zip(gradients, inputs, strict=True):
        assert gradient is None or (gradient.dtype, gradient.shape) == (tensor.dtype, tensor.shape)
    return gradients


def slope_cells(gradients):
    """List the cells of gradients, None for those that vanish."""
    cells = [None if each is None else cells_of(each) for each in gradients]
    return [each if each is not None and np.any(each) else None for each in cells]


def measured(t, code, leaves):
    """Run a sample on tensors that were made already."""
    inputs = list(leaves.values())
    outputs = flat(run(code, {"t": t, **leaves}), t)
    tensors = [each for each in outputs if isinstance(each, t.Tensor)]
    first = slopes(tensors, inputs, t)
    second = [slopes([] if each is None else [each], inputs, t) for each in first]
    return {
        "outputs": [
            [
                str(each.dtype),
                list(each.shape),
                each.grad_fn and each.grad_fn.name(),
                cells_of(each),
            ]
            if isinstance(each, t.Tensor)
            else [repr(each)]
            for each in outputs
        ],
        "first": slope_cells(first),
        "second": [cells for each in second for cells in slope_cells(each)],
    }


def arrays(inputs, kind):
    """Turn the inputs of a sample into arrays; the numbers are those that float32 can hold."""
    return {name: np.array(value, np.float32).astype(kind) for name, value in inputs.items()}


def contiguous(t, array):
    """Make a leaf."""
    return t.tensor(array, requires_grad=True)


def view(t, array):
    """Make a tensor that shows the middle of a larger leaf."""
    return contiguous(t, np.stack([array] * 3))[1]
