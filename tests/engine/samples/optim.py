"""Optimizers over 20 steps, and learning rates over 20 epochs.

There are two groups; `w` gets no gradient in every third step, and `unused` never gets one.
"""

TRAIN = """
w = (x.detach() * 1).requires_grad_()
b, unused = (t.tensor(0.75, dtype=x.dtype, requires_grad=True) for _ in range(2))
o = t.optim.{}([{{"params": [w, unused]}}, {{"params": b, "lr": 0.03, "weight_decay": 0.01}}]{})
seen = []
for i in range({}):
    o.zero_grad()
    for each in (w, b):
        each.grad = each.detach() * 0.25 + (i * 7 % 11 - 4) / 8
    if i % 3 == 1:
        w.grad = None
    o.step()
    if i in (0, 3, {} - 1):
        seen += [w.detach() * 1, b.detach() * 1]
saved = o.state_dict()
kept = [(name, each) for held in saved["state"].values() for name, each in sorted(held.items())]
numbers = [group["params"] for group in saved["param_groups"]]
(repr(o), numbers, list(saved["state"]), kept, seen)
"""
WEIGHTS = {"x": [[1.0, -2.0, 0.5], [0.25, -0.75, 3.0]]}


def trained(name, options="", steps=20):
    return TRAIN.format(name, options and f", {options}", steps, steps), WEIGHTS


RATES = """
w, b = (t.tensor(1.0, requires_grad=True) for _ in range(2))
o = t.optim.SGD([{{"params": w}}, {{"params": b, "lr": 0.03}}], lr=0.5)
schedules = [{}]
seen = []
for epoch in range(20):
    seen.append([group["lr"] for group in o.param_groups] + schedules[0].get_last_lr())
    o.step()
    for each in schedules:
        each.step()
    if epoch == 7:
        o.param_groups[0]["lr"] = 0.9
t.tensor(seen, dtype=t.float64)
"""


def scheduled(*schedules):
    return RATES.format(", ".join(f"t.optim.lr_scheduler.{each}" for each in schedules)), {}


SAMPLES = [
    trained("SGD"),
    trained("SGD", "lr=0.1, momentum=0.9"),
    trained("SGD", "lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.1"),
    trained("SGD", "lr=0.1, momentum=0.5, nesterov=True, maximize=True"),
    trained("SGD", "lr=t.tensor(0.125, dtype=t.float64), weight_decay=0.1, foreach=False"),
    trained("Adagrad"),
    trained(
        "Adagrad", "lr=0.2, lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.2, eps=1e-3"
    ),
    trained("Adagrad", "maximize=True"),
    trained("RMSprop"),
    trained("RMSprop", "lr=0.02, alpha=0.9, eps=1e-3, weight_decay=0.1"),
    trained("RMSprop", "centered=True, maximize=True"),
    trained("RMSprop", "momentum=0.9, centered=True"),
    trained("Adam"),
    trained("Adam", "lr=0.1, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.1"),
    trained("Adam", "lr=0.05, amsgrad=True, maximize=True"),
    trained("Adam", "lr=0.05, weight_decay=0.1, decoupled_weight_decay=True"),
    trained("AdamW"),
    trained("AdamW", "lr=0.1, betas=(0.3, 0.5), weight_decay=0.3, amsgrad=True"),
    # A state that was loaded, into other options.
    (
        TRAIN.format("Adam", "", 5, 5)
        + "o = t.optim.Adam([{'params': [w, unused]}, {'params': b}], lr=9.0, amsgrad=True)\n"
        "o.load_state_dict(saved)\n"
        "w.grad = x.detach()\n"
        "o.step()\n"
        "(repr(o), w.detach(), b.detach())",
        WEIGHTS,
    ),
    scheduled("StepLR(o, 3)"),
    scheduled("StepLR(o, step_size=4, gamma=0.7)"),
    scheduled("CosineAnnealingLR(o, 6)"),
    scheduled("CosineAnnealingLR(o, T_max=30, eta_min=0.01)"),
    scheduled("CosineAnnealingLR(o, 1)"),
    scheduled("LambdaLR(o, lambda epoch: 0.9 ** epoch)"),
    scheduled("LambdaLR(o, [lambda epoch: 1 / (1 + epoch), lambda epoch: epoch // 3])"),
    scheduled("StepLR(o, 2)", "CosineAnnealingLR(o, 5)"),
    scheduled("LambdaLR(o, lambda epoch: 0.5)", "LambdaLR(o, lambda epoch: 0.9 ** epoch)"),
    scheduled(
        "StepLR(o, 3)", "StepLR(o, 3, last_epoch=4)", "CosineAnnealingLR(o, 7, last_epoch=4)"
    ),
]
