"""Batches: their order, what they hold, and what they draw from the generators."""

DATA = 'data = getattr(t, "data", None) or t.utils.data\n'


def batches(options, generator=False, samples="range(11)", epochs=3):
    """The batches of some epochs, and the numbers that come next."""
    given = ", generator=g" if generator else ""
    return (
        f"{DATA}"
        "t.manual_seed(3)\n"
        "g = t.Generator().manual_seed(5)\n"
        f"loader = data.DataLoader({samples}, {options}{given})\n"
        f"seen = [[batch.tolist() for batch in loader] for epoch in range({epochs})]\n"
        "(len(loader), str(seen), t.rand(2), t.rand(2, generator=g))",
        {},
    )


def collated(samples):
    return f"{DATA}data.default_collate({samples})", {}


def split(lengths):
    return (
        f"{DATA}"
        "t.manual_seed(3)\n"
        f"parts = data.random_split(range(11), {lengths})\n"
        "g = t.Generator().manual_seed(5)\n"
        f"parts += data.random_split(range(11), {lengths}, generator=g)\n"
        "(str([list(part) for part in parts]), t.rand(2))",
        {},
    )


SAMPLES = [
    batches("batch_size=4"),
    batches("batch_size=4, drop_last=True"),
    batches("batch_size=4, shuffle=True"),
    batches("4, True, drop_last=True"),
    batches("batch_size=11, shuffle=True"),
    batches("batch_size=4", generator=True),
    batches("batch_size=4, shuffle=True", generator=True),
    batches("batch_size=4, shuffle=True, drop_last=True", generator=True),
    batches("shuffle=True", generator=True, samples="range(3)"),
    batches("batch_size=20, shuffle=True, drop_last=True", epochs=1),
    batches("batch_size=64, shuffle=True", samples="range(700)", epochs=1),
    # Draws between the batches, and an epoch that is broken off.
    (
        f"{DATA}t.manual_seed(3)\n"
        "loader = data.DataLoader(range(6), batch_size=2, shuffle=True)\n"
        "batches = iter(loader)\n"
        "between = [t.rand(1), next(batches), t.rand(1), next(batches), t.rand(1)]\n"
        "(between, list(loader), t.rand(1))",
        {},
    ),
    (
        f"{DATA}g = t.Generator().manual_seed(5)\n"
        "loader = data.DataLoader(range(4), batch_size=2, shuffle=True, generator=g)\n"
        "batches = iter(loader)\n"
        "(next(batches), t.rand(1, generator=g), list(batches), t.rand(1, generator=g))",
        {},
    ),
    (
        f"{DATA}rows = data.TensorDataset(x.detach(), t.arange(3))\n"
        "(len(rows), rows[1], rows[-1], list(data.DataLoader(rows, batch_size=2)))",
        {"x": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]},
    ),
    (
        f"{DATA}rows = data.Subset(data.TensorDataset(x.detach()), [2, 0])\n"
        "batches = data.DataLoader(rows, 2)\n"
        "counts = data.DataLoader(rows, 2, collate_fn=lambda batch: len(batch))\n"
        "(len(rows), rows[0], rows[[1, 0]], list(batches), list(counts))",
        {"x": [1.0, 2.0, 3.0]},
    ),
    collated("[1, 2]"),
    collated("[1.5, 2.0]"),
    collated("[True, False]"),
    collated("['a', 'b']"),
    collated("[(1, [2.0, 'c']), (3, [4.0, 'd'])]"),
    collated("[{'x': t.ones(2), 'y': 1}, {'x': t.zeros(2), 'y': 2}]"),
    collated("[t.ones(2, 1).numpy(), t.zeros(2, 1).numpy()]"),
    collated("[t.tensor([1.5]).numpy()[0], t.tensor([2.0]).numpy()[0]]"),
    split("[3, 8]"),
    split("[0.34, 0.33, 0.33]"),
]
