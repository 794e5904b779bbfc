"""Slopes by finite differences, in plain Python: what the page must show, without minigrad."""

from collections import Counter

STEP = 1e-5

# Each name, the names it is computed from, and how.
Z = {
    "x²": (["x"], lambda x: x**2),
    "a·x²": (["a", "x²"], lambda a, square: a * square),
    "b·x": (["b", "x"], lambda b, x: b * x),
    "a·x² + b·x": (["a·x²", "b·x"], lambda left, right: left + right),
    "y": (["a·x² + b·x"], lambda both: both + 1),
    "y²": (["y"], lambda y: y**2),
    "2·y": (["y"], lambda y: 2 * y),
    "z": (["y²", "2·y"], lambda left, right: left + right),
}
A_B_PLUS_A = {
    "a·b": (["a", "b"], lambda a, b: a * b),
    "c": (["a·b", "a"], lambda product, a: product + a),
}
A_A = {"c": (["a", "a"], lambda left, right: left * right)}


class Differences:
    """The slopes of a program (a dict as above, its last name the root) at some leaves."""

    def __init__(self, program: dict, leaves: dict[str, float]) -> None:
        self.program, self.leaves = program, leaves
        self.root = list(program)[-1]
        self.values = self._run({})
        self.gradients = {name: self._slope(name, self.root) for name in self.values}

    def _run(self, nudges: dict) -> dict[str, float]:
        """Compute all values; a nudge is added to the value of a name or of an argument of it."""
        values = {name: value + nudges.get(name, 0) for name, value in self.leaves.items()}
        for name, (inputs, rule) in self.program.items():
            seen = [
                values[each] + nudges.get((name, place), 0) for place, each in enumerate(inputs)
            ]
            values[name] = rule(*seen) + nudges.get(name, 0)
        return values

    def _slope(self, nudged, seen_at: str) -> float:
        up, down = (self._run({nudged: step})[seen_at] for step in (STEP, -STEP))
        return (up - down) / (2 * STEP)

    def edges(self) -> Counter:
        """Count each (source, target, arriving, local, contribution), in the page's digits."""
        edges = Counter()
        for target, (inputs, _) in self.program.items():
            for place, source in enumerate(inputs):
                local = self._slope((target, place), target)
                contribution = self._slope((target, place), self.root)
                numbers = map(shown, (self.gradients[target], local, contribution))
                edges[source, target, *numbers] += 1
        return edges


def shown(number: float) -> float:
    """Round as the page does, to four significant digits."""
    return float(f"{number:.4g}") + 0.0
