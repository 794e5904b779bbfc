"""How time grows with the work: ops, numbers, layers. And what it costs to keep source lines."""

import numpy as np

from benchmarks.harness import Alone
from benchmarks.networks import network, start, training_step
from benchmarks.w4_chain import five_terms

OPS = [2**power for power in range(6, 21)]
LAYERS = [1, 2, 4, 8, 16, 25, 32, 50, 64, 100]
# Closer where kernels take over from NumPy, so that a step there would be seen.
ELEMENTS = sorted(
    {2**power for power in range(24)}
    | {5 * 10**6, 10**7}
    | set(range(3072, 8193, 512))
    | {4095, 4097}
)
ADDS = 1000

# Now and then the collector goes through all there is. Each sample is to have its share of that.
ops = Alone("growth ops", "chain of n adds, forward and backward", rounds=5, least=0.2)
layers = Alone("growth layers", "a training step of n layers, 64 wide, batch 32", rounds=20)
lines = Alone("growth lines", f"{ADDS} adds, and their source lines kept", rounds=20)
WORKLOADS = [ops, layers, lines]


def chain_of_adds(adds):
    import minigrad as mg

    x = mg.tensor(0.5, requires_grad=True)

    def step():
        y = x
        for _ in range(adds):
            y = y + 1.0
        y.backward()

    return step


def training(depth):
    import minigrad as mg

    x, initial = start((64,) * (depth + 1), 32, np.random.default_rng(0))
    model, x = network(mg, initial), mg.from_numpy(x)
    optimizer = mg.optim.SGD(model.parameters(), lr=1e-9)
    step = training_step(model, mg.nn.MSELoss(), optimizer, x, x)

    def step_without_answer():
        step()

    return step_without_answer


for many in OPS:
    ops.case(str(many), given=(many,))(chain_of_adds)
for many in LAYERS:
    layers.case(str(many), given=(many,))(training)


def product(mg, x):
    return (x * x).sum()


def exp(mg, x):
    return mg.exp(x).sum()


def relu(mg, x):
    return mg.relu(x).sum()


def sigmoid(mg, x):
    return mg.sigmoid(x).sum()


def softmax(mg, x):
    return mg.softmax(x, dim=0).square().sum()


def total(mg, x):
    return five_terms(mg, x).sum()


def there_and_back(many, function, compiled):
    import minigrad as mg

    x = mg.tensor(np.linspace(-3, 3, many, dtype="float32"), requires_grad=True)
    loss = mg.compile(lambda x: function(mg, x)) if compiled else lambda x: function(mg, x)

    def step():
        x.grad = None
        loss(x).backward()

    return step


def product_in_numpy(many):
    x = np.linspace(-3, 3, many, dtype="float32")

    def step():
        np.sum(x * x)
        np.multiply(2 * x, np.ones_like(x))

    return step


def sized(name, title):
    """Make a workload of which each case is a number of elements."""
    workload = Alone(f"growth {name}", f"{title}, n numbers, forward and backward", rounds=15)
    WORKLOADS.append(workload)
    return workload


for function in (product, exp, relu, sigmoid, softmax):
    workload = sized(function.__name__, function.__name__)
    for many in ELEMENTS:
        workload.case(str(many), given=(many, function, False), shared=(function,))(there_and_back)

compiled = sized("compiled", "five-term chain, compiled")
floor = sized("numpy", "the product in plain NumPy")
for many in ELEMENTS:
    options = {"given": (many, total, True), "shared": (five_terms, total)}
    compiled.case(str(many), **options)(there_and_back)
    floor.case(str(many), given=(many,))(product_in_numpy)


@lines.case("minigrad")
def plain():
    return chain_of_adds(ADDS)


@lines.case("mg.record()")
def recorded():
    import minigrad as mg

    step = chain_of_adds(ADDS)

    def recorded_step():
        with mg.record():
            step()

    return recorded_step
