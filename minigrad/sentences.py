"""Everything that a step says, in one place, so that it can be translated.

Numbers and names are filled in by `minigrad.tracing` and `minigrad.way_back`.
"""

START = "Only the inputs have numbers yet. Step forward to compute {root}."
FORWARD = "{name} is {value}."
FORWARD_NAMED = "{name} is {expression}, which is {value}."
NUDGE = (
    "{root} is {value}. Nudge {leaf} from {before} to {after} and {root} becomes {moved}: "
    "about {slope} times the nudge. Where does {slope} come from?"
)
FORWARD_DONE = "{root} is {value}. How does it move when an input moves? Walk back to see."
FORWARD_ONLY = "{root} is {value}. No input requires a gradient, so there is no way back to walk."
NOT_ONE_NUMBER = "{root} is {value}. A backward pass starts from one number, so it ends here."
# Where the way back is cut. A frozen leaf needs no sentence: it is a leaf without a gradient.
CUTS = {
    "no_grad": "It was computed under no_grad, so no gradient goes back from {name}.",
    "detach": "It is detached, so no gradient goes back from {name}.",
}

SEED = "{root} against itself: slope 1. We walk back from here."
SEED_AGAIN = (
    "A second pass through the same graph starts at {root}: the passing numbers are let go, and "
    "each .grad keeps what it has."
)
PLUS = "A plus passes the slope on unchanged, to both."
MINUS = "A minus passes the slope on to {first}, and with the sign turned to {second}."
UNCHANGED = "The slope of {target} for {source} is 1: {arriving} passes on unchanged."
EDGE = "The slope of {target} for {source} is {slope}, so this road brings {product}."
STRUCTURED = "For {source}, {op} turns the gradient G that arrives at {target} into {equation}."
ONE_WAITS = "One of {source}’s {roads} roads has arrived; {source} must wait."
SOME_WAIT = "{arrived} of {source}’s {roads} roads have arrived; {source} must wait."
UNBROADCAST = (
    "{source} was stretched from {shape} to {stretched}, so its gradient is summed back to {shape}."
)
MEET = "Along a road slopes multiply; where roads meet they add: {sum}."
DEPOSIT = "{leaf}.grad was None and is now {after}."
DEPOSIT_AGAIN = "{leaf}.grad held {before} and gets {added} more: {after}."
AS_NUDGED = "{slope}, as the nudge said."

COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

# Why there is nothing to step.
NO_HISTORY = (
    "{root} has no recorded history: it was not computed from a tensor with requires_grad=True, "
    "or inside no_grad. To step a forward pass alone, give a function and its inputs instead."
)
NOT_SCALAR = (
    "{root} has shape {shape}, and a backward pass starts from one number. "
    "Reduce it to one number first, for example with .sum() or .mean()."
)
CHANGED = (
    "{who} was changed in place after {root} was computed, so the numbers of that computation are "
    "gone. Run the forward pass again, then step it."
)
CHANGED_INSIDE = (
    "{who} was changed between the ops that lead to {root}, where that is not recorded, so a "
    "backward pass would meet two values of it. Step one pass at a time."
)
CHANGED_BETWEEN = (
    "{who} was changed in place where that is not recorded, so {root} cannot be computed again "
    "from the inputs. Compute a new tensor instead of changing {who}."
)
BETWEEN = "a tensor"
TOO_LARGE = (
    "This graph has {many:,} nodes, and a picture of more than {most:,} helps nobody. "
    "Step a smaller computation, such as that of one example instead of a batch."
)
NOT_A_TENSOR = (
    "Give a tensor, or a function that returns one, and its inputs. This is of type {what}."
)
NO_INPUTS = "A tensor has its inputs already. Give it alone, or give a function and its inputs."
NO_RESULT = "The function must return one tensor, and it returned something of type {what}."
NO_PASS = "A computation is walked back at least once, not {passes} times."
NOTHING_RECORDED = "Nothing was recorded: no op of minigrad ran."

# Why a leaf cannot be changed so.
NOT_EDITABLE = "Node {node} is no leaf that can be changed."
NO_NUMBERS = "{leaf} needs numbers."
NO_FIT = "{leaf} holds {shape}, and this is {given}."
OTHER_KIND = "{leaf} is of type {dtype}, which cannot hold this."
STOPPED = "The function stopped with {error}: {reason}"


def count(number: int) -> str:
    """Small numbers are words in a sentence."""
    return COUNTS[number] if number < len(COUNTS) else str(number)


def waits(source: str, arrived: int, roads: int) -> str:
    """Say that `source` must wait, unless all its roads have arrived."""
    if arrived == roads:
        return ""
    template = ONE_WAITS if arrived == 1 else SOME_WAIT
    return " " + template.format(
        source=source, arrived=count(arrived).capitalize(), roads=count(roads)
    )
