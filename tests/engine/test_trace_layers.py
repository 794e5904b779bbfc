"""Which module of a model a node belongs to."""

import minigrad as mg
from engine_helpers import in_another_thread, leaf
from minigrad.tracing import Computation


class Block(mg.nn.Module):
    """Two matrices of its own, with a bend between them."""

    def __init__(self):
        super().__init__()
        self.first = mg.nn.Parameter(mg.ones(2, 2))
        self.second = mg.nn.Parameter(mg.ones(2, 2))
        self.last = mg.nn.Linear(2, 1)

    def forward(self, x):
        return self.last((x @ (2 * self.first)).tanh() @ self.second).sum()


def layers(trace):
    return {node.name: node.layer for node in trace.nodes}


def test_parameters_tell_the_module_of_an_op():
    model = mg.nn.Sequential(mg.nn.Linear(2, 3), mg.nn.ReLU(), mg.nn.Linear(3, 1))
    X, target = mg.ones(4, 2), mg.zeros(4, 1)
    loss = ((model(X) - target) ** 2).mean()
    assert layers(mg.trace(loss)) == {
        "X": "", "model.0.weight": "model.0", "model.0.bias": "model.0", "linear1": "model.0",
        "relu(linear1)": "", "model.2.weight": "model.2", "model.2.bias": "model.2",
        "linear2": "model.2", "target": "", "linear2 − target": "", "power1": "",
        "loss": "",
    }  # fmt: skip


def test_what_is_made_of_parameters_and_lies_between_two_ops_belongs_to_them():
    block, x = Block(), mg.ones(1, 2)
    ops = {n.op: n.layer for n in mg.trace(block(x)).nodes if n.op}
    assert ops == {
        "mul": "block", "matmul": "block", "tanh": "block", "linear": "block.last", "sum": "",
    }  # fmt: skip


def test_an_op_on_what_was_made_of_parameters_alone_is_theirs():
    model = mg.nn.Sequential(mg.nn.Linear(2, 2))
    y = (mg.ones(1, 2) @ (model[0].weight * 2 + model[0].bias).exp()).sum()
    ops = {n.op: n.layer for n in mg.trace(y).nodes if n.op}
    assert (ops["exp"], ops["matmul"], ops["sum"]) == ("model.0", "model.0", "")


def test_a_recording_knows_the_module_that_was_called():
    model, x = mg.nn.Sequential(mg.nn.Linear(2, 2), mg.nn.ReLU(), Block()), mg.ones(1, 2)
    found = [(n.op, n.layer) for n in mg.trace(lambda x: model(x) * 2, x).nodes if n.op]
    assert found == [
        ("linear", "model.0"), ("relu", "model.1"), ("mul", "model.2"), ("matmul", "model.2"),
        ("tanh", "model.2"), ("matmul", "model.2"), ("linear", "model.2.last"), ("sum", "model.2"),
        ("mul", ""),
    ]  # fmt: skip
    computation = Computation(model, (x,))
    values = {computation.editable[0]: [[3.0, 4.0]]}
    again = in_another_thread(lambda: computation.changed(values)).trace
    assert layers(again) == layers(computation.trace)
    assert "model.2.first" in layers(again)


def test_a_dot_in_a_name_makes_no_module():
    w = leaf(2.0, name="block.w")
    w.grad = mg.tensor(1.0)
    assert set(layers(mg.trace(lambda: w * w.grad)).values()) == {""}
