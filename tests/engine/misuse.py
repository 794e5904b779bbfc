"""Misuse that PyTorch refuses, for test_errors.py.

python tests/engine/misuse.py    compares the classes with PyTorch's, where it is installed
"""

import numpy as np

# What each snippet finds; `t` is minigrad or torch.
SETUP = """
v = t.tensor([1.0, 2.0, 3.0], requires_grad=True)
w = t.tensor([1.0, 2.0, 3.0])
m = t.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
p = t.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
s = t.tensor(5.0)
q = t.tensor(5.0, requires_grad=True)
i = t.tensor([1, 2, 0])
b = t.tensor([True, False, True])
d = t.tensor([1.0, 2.0, 3.0], dtype=t.float64)
e = t.zeros(0)
z = t.zeros(2, 0)
no_grad = lambda function, *inputs: t.no_grad()(function)(*inputs)

class Square(t.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

def square(backward):
    return type("Square", (Square,), {"backward": staticmethod(backward)})

def twice(ctx, g):
    (x,) = ctx.saved_tensors
    return 2 * x * g
"""

# The snippet, what PyTorch 2.13 raises, and part of what we say.
REFUSED = [
    # Backward, leaves and writes in place
    ("p.backward()", RuntimeError, "A backward pass starts from one number, but"),
    ("w.backward()", RuntimeError, "w was not computed from a tensor that"),
    ("w.sum().backward()", RuntimeError, "this tensor was not computed from a tensor"),
    ("y = (v*v).sum(); y.backward(); y.backward()", RuntimeError, "The graph through"),
    ("y = v*2; y.backward(t.ones(2))", RuntimeError, "The gradient to start from has shape (2,),"),
    ("y = v*2; y.backward([1.0,1.0,1.0])", TypeError, "The gradients of a backward pass are"),
    ("v += 1", RuntimeError, "v is a leaf that requires a gradient, so an"),
    ("v[0] = 5.0", RuntimeError, "this tensor shows part of v. v is a leaf"),
    ("a = v.exp(); a.add_(1); a.sum().backward()", RuntimeError, "ExpBackward0 needs the numbers"),
    ("a = v*1; y = a*a; a += 1; y.sum().backward()", RuntimeError, "MulBackward0 needs the"),
    ("w.expand(2,3).add_(1)", RuntimeError, "this tensor shows memory that cannot be"),
    ("a = w.clone(); y = a*v; a[:2].add_(1); y.sum().backward()", RuntimeError, "that a held when"),
    ("a = w.clone(); y = a*v; a.detach()[0] = 3; y.sum().backward()", RuntimeError, "that a held"),
    ("a = w.clone(); y = a*v; no_grad(a.add_, 1); y.sum().backward()", RuntimeError, "version 1)"),
    ("no_grad(lambda: v[:2]).add_(1)", RuntimeError, "Make the change inside `with mg.no_grad():`"),
    ("c = v*1; a = no_grad(lambda: c[:2]); a.add_(1)", RuntimeError, "a was made as a view of c"),
    ("x = i.clone(); x += 1.5", RuntimeError, "The result is float32, which cannot be kept in x,"),
    ("x = w[:1].clone(); x += w", RuntimeError, "keeps the shape of x, (1,), but the result has"),
    ('i[0] = float("nan")', RuntimeError, "nan does not fit torch.int64"),
    # Shapes and dtypes that do not fit
    ("w + t.ones(2)", RuntimeError, "add: w (3,) and this tensor (2,) do not"),
    ("m @ m", RuntimeError, "m (2, 3) @ m (2, 3): the last size of the"),
    ("m @ w[:2]", RuntimeError, "m (2, 3) @ this tensor (2,): the last size"),
    ("m @ s", RuntimeError, "@ multiplies matrices and vectors; here are"),
    ("t.matmul(m, None)", TypeError, "matmul: other must be Tensor, not None."),
    ("2.0 @ m", TypeError, "matmul: input must be Tensor, not 2.0. Use"),
    ("m @ [1.0,2.0,3.0]", TypeError, "An op takes Tensors, numbers and NumPy"),
    ("t.dot(w, d)", RuntimeError, "@ needs one dtype, but w is float32 and d"),
    ('t.einsum("ij,jk->ik", m, m)', RuntimeError, "einsum: 'j' has size 3, but size 2 in m,"),
    ('t.einsum("ij,j", m)', RuntimeError, "einsum: 'ij,j' speaks of 2 operands, but 1"),
    ('t.einsum("ij->k", m)', RuntimeError, "einsum: the result's 'k' in 'ij->k' must"),
    ('t.einsum("ijk", m)', RuntimeError, "einsum: 'ijk' names 3 dims, but m has shape"),
    ('t.einsum("i,i", w, None)', TypeError, "None is no number. Was .grad used before"),
    ("t.tensor([1,2], requires_grad=True)", RuntimeError, "Only floating-point tensors can"),
    ("y = v*2; y.requires_grad = False", RuntimeError, "y was computed from other tensors, so"),
    # Dims, and reductions of nothing
    ("m.sum(2)", IndexError, "sum: m (2, 3) has no dim 2; dim is from -2"),
    ("m.sum((0,0))", RuntimeError, "sum: a dim is named twice in (0, 0). Name"),
    ('m.sum("a")', TypeError, "Sizes and dims are integers, not 'a'."),
    ("m.mean(2)", IndexError, "mean: m (2, 3) has no dim 2; dim is from -2"),
    ("i.mean()", RuntimeError, "mean() needs floating-point numbers, but i"),
    ("m.max(5)", IndexError, "max: m (2, 3) has no dim 5; dim is from -2"),
    ("m.max((0,1))", TypeError, "max: dim must be int or Tensor or None, not"),
    ("m.argmax((0,1))", TypeError, "argmax: dim must be int or None, not (0, 1)."),
    ("m.argmax(7)", IndexError, "argmax: m (2, 3) has no dim 7; dim is from"),
    ("m.prod((0,1))", TypeError, "prod: dim must be int or None, not (0, 1)."),
    ("m.softmax(3)", IndexError, "softmax: m (2, 3) has no dim 3; dim is from"),
    ("i.softmax(0)", NotImplementedError, "softmax() needs floating-point numbers, but"),
    ("m.logsumexp(4)", IndexError, "logsumexp: m (2, 3) has no dim 4; dim is"),
    ("m.cumsum(2)", IndexError, "cumsum: m (2, 3) has no dim 2; dim is from"),
    ("m.sort(2)", IndexError, "argsort: m (2, 3) has no dim 2; dim is from"),
    ("m.topk(4)", RuntimeError, "topk: m has shape (2, 3), so k along dim -1"),
    ("m.topk(1.5)", TypeError, "topk: k must be int, not 1.5."),
    ("m.norm(dim=3)", IndexError, "norm: m (2, 3) has no dim 3; dim is from -2"),
    ('m.norm("nuclear")', RuntimeError, 'norm knows a number p or "fro", not'),
    ("i.norm()", RuntimeError, "norm() needs floating-point numbers, but i"),
    ("m.all(3)", IndexError, "all: m (2, 3) has no dim 3; dim is from -2"),
    ("e.max()", RuntimeError, "max: e has shape (0,), and where there are"),
    ("e.argmax()", IndexError, "argmax: e has shape (0,), and where there"),
    ("z.max(1)", IndexError, "max: z has shape (2, 0), and where there"),
    ("e.topk(1)", RuntimeError, "topk: e has shape (0,), so k along dim -1"),
    ("e.item()", RuntimeError, "item() needs one number, but e has 0 (shape"),
    # Other shapes, and joining
    ("m.transpose(0, 2)", IndexError, "transpose: m (2, 3) has no dim 2; dim is"),
    ("m.permute(0)", RuntimeError, "permute: m has 2 dims, and 1 are named:"),
    ("m.permute(0, 0)", RuntimeError, "permute: a dim is named twice in (0, 0)."),
    ("m.unsqueeze(4)", IndexError, "unsqueeze: m (2, 3) has no dim 4; dim is"),
    ('m.squeeze("a")', TypeError, "Sizes and dims are integers, not 'a'."),
    ("m.flatten(1, 0)", RuntimeError, "flatten: start_dim 1 comes after end_dim 0."),
    ("m.unbind(2)", IndexError, "unbind: m (2, 3) has no dim 2; dim is from"),
    ("s.unbind()", IndexError, "unbind: s is a single number and has no"),
    ("m.chunk(0)", RuntimeError, "chunk: 0 parts cannot be made. Give 1 or"),
    ("m.split(0)", RuntimeError, "split: parts of size 0 do not make 2. Give"),
    ("m.split([1,2])", RuntimeError, "split: the sizes [1, 2] add up to 3, but"),
    ("m.reshape()", TypeError, "reshape needs numbers for its shape, or ()"),
    ("m.view(4)", RuntimeError, "view: m has shape (2, 3), 6 in all, which"),
    ("m.T.view(6)", RuntimeError, "view: the numbers of this tensor, (3, 2),"),
    ("m.expand(3, 3)", RuntimeError, "expand: m has shape (2, 3), which does not"),
    ("m.movedim((0,1), (0,))", RuntimeError, "movedim: 2 dims cannot go to 1 places."),
    ("m.flip(0, 0)", RuntimeError, "flip: a dim is named twice in (0, 0). Name"),
    ("m.flip()", TypeError, "flip needs numbers for its dims, or () for"),
    ("m.roll((1,2), 0)", RuntimeError, "roll: 2 shifts, but 1 dims. Give one shift"),
    ("m.repeat(2)", RuntimeError, "repeat: m has shape (2, 3), so it needs a"),
    ("m.repeat()", TypeError, "repeat needs numbers for its repeats, or ()"),
    ("m.narrow(0, 1, 5)", RuntimeError, "narrow: 5 places from 1 on do not fit into"),
    ("m.narrow(0, -5, 1)", IndexError, "narrow: 1 places from -5 on do not fit into"),
    ("m.select(0, 5)", IndexError, "Index 5 is out of range: m (2, 3) has size"),
    ("s.select(0, 0)", IndexError, "s has shape (): it is a single number. Use"),
    ("w.mT", RuntimeError, ".mT turns a matrix, but w has shape (3,)."),
    ("t.ones(2,2,2).diag()", RuntimeError, "diag takes a matrix or a row, but this"),
    ("w.tril()", RuntimeError, "tril takes matrices, but w has shape (3,)."),
    ('m.tril("a")', TypeError, "tril: diagonal must be int, not 'a'."),
    ("t.cat([])", ValueError, "cat needs at least one tensor; the list is"),
    ("t.cat([m, w])", RuntimeError, "cat: m has shape (2, 3) and w (3,). All"),
    ("t.cat(m)", TypeError, "cat joins the tensors of a list, and"),
    ("t.cat([s, s])", RuntimeError, "cat: s is a single number. stack() joins"),
    ("t.cat([m, None])", TypeError, "cat joins tensors, not None. Use"),
    ("t.stack([])", RuntimeError, "stack needs at least one tensor; the list"),
    ("t.stack([m, w])", RuntimeError, "stack: m has shape (2, 3) and w (3,). All"),
    ("t.stack([w, 1])", TypeError, "stack joins tensors, not 1. Use"),
    ("t.meshgrid(m, w)", RuntimeError, "meshgrid takes rows of one dtype, but m has"),
    ('t.meshgrid(w, w, indexing="zz")', RuntimeError, 'meshgrid: indexing is "ij" or "xy", not'),
    # Brackets, cells and masks
    ("m[-3]", IndexError, "Index -3 is out of range: m (2, 3) has size"),
    ("m[0, 0, 0]", IndexError, "m has shape (2, 3), so it has no 3 dims to"),
    ("m[1.5]", IndexError, "An index is made of integers, slices, ...,"),
    ("m[::-1]", ValueError, "A slice goes forward, by a step of 1 or"),
    ("m[t.tensor([0.5])]", IndexError, "Only integers and truth values are an"),
    ("m[t.tensor([True])]", IndexError, "A mask of shape (1,) does not fit the dims"),
    ("m[[0,1],[0,1,2]]", IndexError, "index of m (2, 3): the lists of indices do"),
    ("m[0] = t.ones(2)", RuntimeError, "a write in place: this tensor (2,) cannot"),
    ("m[m > 2] = t.ones(2)", RuntimeError, "put of this tensor (2, 3), this tensor"),
    ("t.gather(m, 0, t.tensor([[5]]))", RuntimeError, "gather: index 5 is out of range: m (2, 3)"),
    ("t.gather(m, 0, [[0]])", TypeError, "gather: index must be Tensor, not [[0]]."),
    ("m.scatter(0, t.tensor([[5]]), 1.0)", RuntimeError, "scatter: index 5 is out of range: m"),
    ("m.scatter(0, t.tensor([[0,0,0,0]]), 1.0)", RuntimeError, "scatter: the index has shape (1,"),
    ("m.scatter(0, t.tensor([[0]]), d)", RuntimeError, "scatter needs one dtype, but m is float32"),
    ('m.scatter(0, t.tensor([[0]]), "a")', TypeError, "scatter: src must be Tensor or Number,"),
    ("m.scatter_add(0, t.tensor([[0]]), 1.0)", TypeError, "scatter_add: src must be Tensor, not"),
    ("m.index_select(0, [0])", TypeError, "index_select: index must be Tensor, not"),
    ("m.index_select(0, t.tensor([[0]]))", IndexError, "index_select: the index is a row, but"),
    ("m.masked_select(t.tensor([1,0,1]))", RuntimeError, "masked_select: a mask is of truth"),
    ("m.masked_fill(t.tensor([1,0,1]), 0)", RuntimeError, "masked_fill: a mask is of truth"),
    ('m.masked_fill(b, "a")', TypeError, "masked_fill: value must be Tensor or"),
    ("m.masked_fill(b, t.ones(2))", RuntimeError, "masked_fill puts one number everywhere, but"),
    ("t.where(w, w, w)", RuntimeError, "where chooses by truth values, but w is"),
    ("t.where(b, w, t.ones(2))", RuntimeError, "where: b (3,) and w (3,) and this tensor"),
    ("t.where([True], w, w)", TypeError, "where takes a tensor of truth values, not a"),
    ("F.one_hot(t.tensor([-1]))", RuntimeError, "one_hot: this tensor has numbers from -1 to"),
    ("F.pad(w, (1,))", RuntimeError, "pad: w has shape (3,), which takes pairs of"),
    ('F.pad(w, (1, 1), mode="foo")', NotImplementedError, "pad knows no mode 'foo', only"),
    ('F.pad(m, (5, 5), mode="reflect")', RuntimeError, "pad: reflect has no 5 places to take"),
    ("F.pad(w, 1)", TypeError, "pad: pad must be Sequence[int], not 1."),
    # Arguments of another type
    ("m.sum(0, keepdim=1)", TypeError, "sum: keepdim must be bool, not 1."),
    ("m.softmax(True)", TypeError, "softmax: dim must be int, not True."),
    ('F.leaky_relu(m, "a")', TypeError, "leaky_relu: negative_slope must be float,"),
    ('t.isclose(m, m, rtol="a")', TypeError, "isclose: rtol must be float, not 'a'."),
    ("t.isclose(m, m, equal_nan=1)", TypeError, "isclose: equal_nan must be bool, not 1."),
    ("m.clamp(None)", RuntimeError, "clamp needs a bound: give min, max or both."),
    ("m.select(0, 1.0)", TypeError, "select: index must be int, not 1.0."),
    ("m.repeat_interleave(1.5)", TypeError, "repeat_interleave: repeats must be Tensor"),
    ("m.repeat_interleave(t.tensor([1,2,3]), 0)", RuntimeError, "repeat_interleave: [1, 2, 3]"),
    # Devices and new tensors
    ('m.to("foo")', RuntimeError, "There is no device 'foo' here: minigrad"),
    ("m.to([1])", TypeError, "A tensor holds numbers of dtype float32,"),
    ("m.type_as(3)", TypeError, "type_as: other must be Tensor, not 3. Use"),
    ("t.zeros(-1)", RuntimeError, "No size can be below zero: (-1,)."),
    ("t.zeros(2.0)", TypeError, "Sizes and dims are integers, not 2.0."),
    ("t.full(2, 1.0)", TypeError, "A size is a tuple, such as (2, 3), and not"),
    ('t.full((2,), "a")', TypeError, "A number is needed here, not 'a'."),
    ("t.arange(0, 5, 0)", RuntimeError, "arange does not get from 0 to 5 by steps of"),
    ('t.arange(float("inf"))', RuntimeError, "arange needs finite numbers, not [0, inf,"),
    ("t.from_numpy([1.0])", TypeError, "from_numpy takes a NumPy array, not a list."),
    ("t.tensor(None)", RuntimeError, "A tensor is made of numbers, not of None."),
    ("t.tensor([[1.0],[1.0,2.0]])", ValueError, "These lists do not make a rectangle:"),
    ("i + 2**70", OverflowError, "add of i (3,): Python int too large to convert to C long. Use"),
    ("t.tensor(2**70)", ValueError, "An integer here does not fit int64. Write"),
    ("t.tensor([2**40], dtype=t.int32)", RuntimeError, "1099511627776 does not fit torch.int32."),
    ("t.tensor([w, w])", ValueError, "A list for mg.tensor may hold tensors of"),
    ('t.tensor(float("nan"), dtype=t.int64)', RuntimeError, "nan does not fit torch.int64."),
    ("t.zeros_like([1.0])", TypeError, "The first argument is a Tensor, not a list."),
    ("t.rand(2, dtype=t.int64)", NotImplementedError, "uniform_ draws floats, and int64 holds"),
    ("t.randint(5, 5, (2,))", RuntimeError, "Integers are drawn from low up to high, and"),
    ("t.normal(0.0, -1.0, (2,))", RuntimeError, "A standard deviation is at least 0, and std"),
    ("t.normal(w, t.ones(2))", RuntimeError, "mean and std do not broadcast: (3,) and"),
    ("w.uniform_(1, 0)", RuntimeError, "uniform_ draws from a range of finite"),
    ("t.manual_seed(2**64)", ValueError, "A seed lies between −2⁶³ and 2⁶⁴ − 1, and"),
    ("t.rand(2, generator=3)", TypeError, "generator is an mg.Generator, not a int."),
    ("t.set_default_dtype(t.int64)", TypeError, "The default dtype is mg.float32 or"),
    ('t.device("cpu:a")', RuntimeError, "There is no device 'cpu:a' here: minigrad"),
    # Gradients asked for
    ("t.autograd.grad(v.sum(), w)", RuntimeError, "grad: w does not require a gradient, so"),
    ("t.autograd.grad(v.sum(), q)", RuntimeError, "q was not used to compute the output. Leave"),
    ("t.autograd.grad(v.sum(), [])", RuntimeError, "grad: inputs is empty. Name the tensors"),
    ("t.autograd.grad(None, v)", TypeError, "The outputs of a backward pass are Tensors,"),
    ("t.autograd.grad(v.sum(), (v, i))", RuntimeError, "grad: i does not require a gradient, so"),
    ("t.autograd.backward(v.sum(), inputs=[])", RuntimeError, "backward(inputs=…): inputs is"),
    ("w.register_hook(print)", RuntimeError, "register_hook: w does not require a"),
    ('v.register_hook(lambda g: "a"); v.sum().backward()', TypeError, "A hook returns None or a"),
    ("w.retain_grad()", RuntimeError, "retain_grad: w does not require a gradient,"),
    ("v.grad = t.ones(2)", RuntimeError, "A gradient has the dtype and shape of its"),
    ("v.grad = 3.0", TypeError, "The .grad of v is a Tensor or None, not 3.0."),
    ("v.data = 3.0", TypeError, ".data takes a Tensor, not a float: use"),
    ('v.requires_grad = "yes"', RuntimeError, "requires_grad is True or False, not 'yes'."),
    # As Python sees a tensor
    ("v.numpy()", RuntimeError, "v requires a gradient, and NumPy cannot"),
    ("bool(v)", RuntimeError, "v has 3 numbers, so whether it is true is"),
    ("len(s)", TypeError, "s is a single number: it has no length"),
    ("[1,2,3][t.tensor(1.0)]", TypeError, "this tensor is float32 of shape (); only"),
    ('f"{w:.2f}"', TypeError, "'.2f' formats one number, but w has shape"),
    ("sorted(m)", RuntimeError, "this tensor has 3 numbers, so whether it is"),
    ('"a" in w', RuntimeError, "A tensor holds numbers, never 'a'."),
    ("w == t.ones(2)", RuntimeError, "eq: w (3,) and this tensor (2,) do not"),
    ("if w: pass", RuntimeError, "w has 3 numbers, so whether it is true is"),
    # Modules and losses
    ("nn.Linear(2, 3)(w)", RuntimeError, "linear: w (3,) has 3 numbers in a row, but"),
    ("nn.Linear(3, 2)(i)", RuntimeError, "linear needs one dtype, but i is int64 and"),
    ("nn.Linear(3, 2)(d)", RuntimeError, "linear needs one dtype, but d is float64 and"),
    ("F.linear(m, m, t.ones(2).double())", RuntimeError, "linear needs one dtype, but m is"),
    ("F.cross_entropy(m, i[:2], d)", RuntimeError, "A loss by classes needs one dtype, but m is"),
    ("F.nll_loss(m, i[:2], d)", RuntimeError, "A loss by classes needs one dtype, but m is"),
    ("nn.Linear(3, 2)(None)", TypeError, "linear: input must be Tensor, not None."),
    ("nn.Linear(3, 2).weight = w", TypeError, "Linear.weight takes a Parameter, not a"),
    ("nn.Sequential(3)", TypeError, "Sequential.0 takes a Module, not a int."),
    ("nn.Sequential(nn.ReLU())[5]", IndexError, "This Sequential has 1 modules, so there is"),
    ("nn.ModuleList([nn.ReLU(), 3])", TypeError, "ModuleList.1 takes a Module, not a int."),
    ("nn.Linear(2,2).load_state_dict({})", RuntimeError, "The state_dict does not fit"),
    ("nn.Linear(2,2).load_state_dict(3)", TypeError, "load_state_dict takes what state_dict()"),
    ('nn.Linear(2,2).train("yes")', ValueError, "train() takes True or False, not 'yes'."),
    ("nn.Dropout(2)", ValueError, "Dropout: p is a probability, so from 0 to"),
    ("nn.Dropout()(i)", RuntimeError, "dropout() needs floating-point numbers, but"),
    ("nn.LayerNorm(3)(t.ones(2,4))", RuntimeError, "layer_norm: this tensor (2, 4) must end in"),
    ("F.layer_norm(m, 3)", TypeError, "layer_norm: normalized_shape must be"),
    ("F.layer_norm(m, (3,), weight=t.ones(2))", RuntimeError, "layer_norm: the weight has shape"),
    ("nn.BatchNorm1d(3)(t.ones(1,3))", ValueError, "batch_norm: this tensor (1, 3) has one"),
    ("nn.Embedding(3, 2)(t.tensor([5]))", IndexError, "embedding: this tensor holds 5, but with"),
    ("nn.Embedding(3, 2)(w)", RuntimeError, "embedding looks up whole numbers, but w is"),
    ("nn.Conv2d(1, 1, 3)(t.ones(1,1,2,2))", RuntimeError, "conv2d: a window of (3, 3), with"),
    ("nn.Conv2d(1, 1, 3)(t.ones(1,2,5,5))", RuntimeError, "conv2d: this tensor (1, 2, 5, 5) has"),
    ("nn.Conv2d(1, 1, 3)(t.ones(5,5))", RuntimeError, "conv2d takes a batch (N, channels,"),
    ("nn.Conv2d(1, 1, 3, stride=0)(t.ones(1,1,5,5))", RuntimeError, "stride ((0, 0)) and"),
    ('nn.Conv2d(1, 1, 3, padding="same", stride=2)', ValueError, 'padding="same" keeps the size,'),
    ("nn.Conv2d(3, 4, 3, groups=2)", ValueError, "2 groups must divide 3 input and 4 output"),
    ("nn.MaxPool2d(3)(t.ones(1,1,2,2))", RuntimeError, "max_pool2d: a window of (3, 3), with"),
    ("nn.MaxPool2d(2, padding=2)(t.ones(1,1,4,4))", RuntimeError, "max_pool2d: padding 2 must be"),
    ('nn.ReLU()("a")', TypeError, "relu: input must be Tensor, not 'a'. Use"),
    ("nn.ReLU()(b)", RuntimeError, "relu works on integers and floating-point"),
    ('nn.GELU("foo")(m)', RuntimeError, "approximate is 'none' or 'tanh', not 'foo'."),
    ("nn.MSELoss()(w, t.ones(2))", RuntimeError, "mse_loss: w (3,) and this tensor (2,) do"),
    ('nn.MSELoss(reduction="foo")(w, w)', ValueError, "reduction is one of 'mean', 'sum',"),
    ("nn.MSELoss()(i, i)", NotImplementedError, "mse_loss() needs floating-point numbers,"),
    ("nn.HuberLoss(delta=0)(w, w)", RuntimeError, "huber_loss: delta must be above 0, but is 0."),
    ("nn.CrossEntropyLoss()(m, t.tensor([5, 0]))", IndexError, "cross_entropy: this tensor holds"),
    ("nn.CrossEntropyLoss()(m, t.tensor([0]))", ValueError, "cross_entropy: the prediction m (2,"),
    ("nn.CrossEntropyLoss()(m, t.tensor([0.0, 1.0]))", RuntimeError, "cross_entropy: the target"),
    ("nn.CrossEntropyLoss()(m, 1)", TypeError, "cross_entropy: target must be Tensor, not"),
    ("nn.CrossEntropyLoss()(s, t.tensor(0))", RuntimeError, "cross_entropy: s is a single"),
    ("nn.NLLLoss()(m, t.tensor([0.0, 1.0]))", RuntimeError, "nll_loss: the target this tensor is"),
    ("nn.BCELoss()(w, w)", RuntimeError, "binary_cross_entropy: w holds numbers"),
    ("nn.BCELoss()(t.tensor([0.5]), t.tensor([2.0]))", RuntimeError, "binary_cross_entropy: this"),
    ("nn.BCEWithLogitsLoss()(w, t.ones(2))", ValueError, "binary_cross_entropy_with_logits: the"),
    ('nn.KLDivLoss(reduction="sum")(w, t.ones(2))', RuntimeError, "kl_div: w (3,) and this tensor"),
    ("nn.init.xavier_uniform_(w)", ValueError, "w (3,) has no rows and columns, so its"),
    ('nn.init.kaiming_uniform_(m, mode="foo")', ValueError, 'mode is "fan_in" or "fan_out", not'),
    # Optimizers and data
    ("optim.SGD([], lr=0.1)", ValueError, "optimizer got an empty parameter list:"),
    ("optim.SGD(v, lr=0.1)", TypeError, "An optimizer takes a list of tensors, but v"),
    ("optim.SGD([3], lr=0.1)", TypeError, "optimizer can only optimize Tensors, not a"),
    ("optim.SGD([v*2], lr=0.1)", ValueError, "can't optimize a non-leaf Tensor: this"),
    ("optim.SGD([v], lr=-0.1)", ValueError, "Invalid lr value: -0.1. It is a number from"),
    ("optim.SGD([v], lr=0.1, momentum=-1)", ValueError, "Invalid momentum value: -1. It is a"),
    ("optim.SGD([v], lr=0.1, nesterov=True)", ValueError, "Nesterov momentum requires a momentum"),
    ('optim.SGD([{"params": [v]}, {"params": [v]}], lr=0.1)', ValueError, "some parameters"),
    ('optim.SGD([{"params": {v}}], lr=0.1)', TypeError, "A set has no order that stays from run"),
    ("optim.Adam([v], lr=-1)", ValueError, "Invalid lr value: -1. It is a number from 0"),
    ("optim.Adam([v], betas=(1.0, 0.9))", ValueError, "Invalid beta 0: 1.0. It is at least 0 and"),
    ("optim.Adagrad([v], lr_decay=-1)", ValueError, "Invalid lr_decay value: -1. It is a number"),
    ("optim.lr_scheduler.StepLR(3, 1)", TypeError, "int is not an Optimizer"),
    ("data.TensorDataset(w, m)", AssertionError, "Size mismatch between tensors: they have"),
    ("data.DataLoader([1,2], batch_size=0)", ValueError, "batch_size should be a positive"),
    ("data.DataLoader([], shuffle=True)", ValueError, "There are no samples to shuffle: the data"),
    ("next(iter(data.DataLoader([object()])))", TypeError, "A batch is made of tensors, arrays,"),
    ("data.random_split([1,2,3], [1,1])", ValueError, "The parts [1, 1] do not add up to the"),
    # Functions of functions
    ('t.set_grad_enabled("a")', TypeError, "set_grad_enabled takes True or False, not"),
    ("t.autograd.functional.jacobian(lambda x: 3.0, w)", TypeError, "The result of func must be"),
    ("t.autograd.functional.vjp(lambda x: x, w, t.ones(2))", RuntimeError, "v goes with the"),
    ("t.autograd.functional.vjp(lambda x: x, w)", RuntimeError, "v can only be left out where"),
    ("t.autograd.gradcheck(lambda x: x*2, w)", ValueError, "None of the inputs requires a"),
    ("square(lambda ctx, g: (g, g)).apply(v).sum().backward()", RuntimeError, "returned 2"),
    ("square(lambda ctx, g: t.ones(2)).apply(v).sum().backward()", RuntimeError, "input x of"),
    ("square(lambda ctx, g: 3.0).apply(v).sum().backward()", RuntimeError, "returned float for"),
    ("square(None)()(v)", RuntimeError, "Use Square by Square.apply(…), not Square(…)"),
    ("y = square(twice).apply(v).sum(); y.backward(); y.backward()", RuntimeError, "was freed by"),
    ("a = v*1; y = square(twice).apply(a); a += 1; y.sum().backward()", RuntimeError, "a was"),
]


def run(t, snippet, data):
    """Run a snippet; return the names it left."""
    names = {"t": t, "nn": t.nn, "F": t.nn.functional, "optim": t.optim, "data": data, "np": np}
    exec(SETUP, names)
    exec(snippet, names)
    return names


if __name__ == "__main__":
    import torch
    import torch.utils.data

    misses = 0
    for snippet, kind, _ in REFUSED:
        try:
            run(torch, snippet, torch.utils.data)
            raised = None
        except Exception as error:
            raised = type(error)
        if raised is not kind:
            misses += 1
            print(f"{snippet}: stored {kind.__name__}, PyTorch {raised and raised.__name__}")
    print(f"{len(REFUSED)} snippets compared, {misses} differ")
    raise SystemExit(misses > 0)
