"""The widget that steps through a computation and its gradients, forwards and back."""

import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

import anywidget
import numpy as np
import traitlets

from minigrad.errors import TraceError
from minigrad.traces import Trace
from minigrad.tracing import Computation
from minigrad_widgets import page
from minigrad_widgets.album import Album
from minigrad_widgets.collapse import ALL, MANY, OPENS_COLLAPSED, Collapsed, collapse, find_groups
from minigrad_widgets.drawing import Drawing, draw
from minigrad_widgets.kernel import at_end_of_cell, hear_while_busy, locked, predecessor
from minigrad_widgets.practice import Attempt, Practice
from minigrad_widgets.questions import twins, without_nudge
from minigrad_widgets.screenplay import Screenplay
from minigrad_widgets.values import MOST_TYPED, read_values, write_values

_MOST_NODES = 5000  # tracing them takes a second, and dot several for those that are shown
_MOST_SHOWN = 1000
_MANY_STEPS = 120  # of more, only those are stops where an op ends
_STATIC = Path(__file__).with_name("static")
_PAUSE = 0.1  # seconds between two pictures of a training loop
_SHARE = 0.1  # of the time of a training loop that pictures may take

TOO_MANY_BOXES = (
    "Open at once, this graph has {many:,} nodes, and a picture of more than {most:,} helps "
    "nobody. Open one part of it instead."
)
TOO_LITTLE_CLOSES = (
    "This graph has {many:,} nodes, and a picture of more than {most:,} helps nobody. Not enough "
    "of it can be closed here: step through a smaller computation."
)
FAILED = "That failed with {error}. It is a fault of the kit: please report it; the log has more."
NOTHING_TO_ASK = (
    "There is nothing to practise here: practice asks about single numbers that the others give."
)
OTHER_GRAPH = "The graph has changed since {name} was typed. Type it again where it is now."
QUESTIONS_OPEN = "What is saved would give the answers away. Answer the questions first."
NO_PICTURE = "There is no picture to save: {error}"
NO_SUCH_KIND = (
    "A stepper is saved as .html or .svg, and {name} ends in neither. For a PNG use its button: "
    "⋯, then Save PNG."
)


class GraphStepper(anywidget.AnyWidget):
    """Step through the computation of a scalar and through its backward pass.

    `GraphStepper(loss)` replays the graph of a tensor, `GraphStepper(fn, *args)` records a call.
    Behind keywords: `practice` asks before it reveals; `code` shows the reader's lines beside the
    graph; `sliders` gives each number a slider; `cells` shows how the cells of a tensor come
    about; `grain` is "edge", "op" or "layer"; `passes=2` goes back twice.

    `step` is where the view stands; setting it moves every view. A leaf that is changed in the
    picture is changed there only: the reader's tensors stay as they are. What cannot be stepped is
    said in one sentence, `error`, where the picture would be. Where no widget can run, the final
    picture or the text of the trace is shown.

    >>> import minigrad as mg
    >>> from minigrad_widgets import GraphStepper
    >>> x = mg.tensor(3.0, requires_grad=True)
    >>> print(str(GraphStepper(x * x)).splitlines()[-1])
       6  x.grad was None and is now 6. 6, as the nudge said.  [x.grad = 0 + 6 = 6]
    """

    _esm = _STATIC / "stepper.js"
    _css = _STATIC / "stepper.css"

    svg = traitlets.Unicode().tag(sync=True)
    frames: traitlets.List[Any] = traitlets.List().tag(sync=True)
    images: traitlets.List[str] = traitlets.List().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    step = traitlets.Int().tag(sync=True)
    grain = traitlets.Enum(("edge", "op", "layer"), "edge").tag(sync=True)
    groups: traitlets.List[Any] = traitlets.List().tag(sync=True)
    opened = traitlets.Unicode().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    code: traitlets.List[Any] = traitlets.List().tag(sync=True)
    leaves: traitlets.List[Any] = traitlets.List().tag(sync=True)
    sliders = traitlets.Bool().tag(sync=True)
    cells = traitlets.Bool().tag(sync=True)
    practice = traitlets.Bool().tag(sync=True)
    questions: traitlets.List[Any] = traitlets.List().tag(sync=True)
    expression = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    edit = traitlets.Int().tag(sync=True)
    offline = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        computation: Any,
        /,
        *args: Any,
        practice: bool = False,
        code: bool = False,
        sliders: bool = False,
        cells: bool = False,
        grain: str | None = None,
        passes: int = 1,
    ) -> None:
        self._lock = threading.RLock()
        self._passes, self._wants_code, self._grain = passes, code, grain
        self._ranges: dict[str, tuple[float, float]] = {}
        self._arrangements: dict[str, Any] = {}
        self._practice: Practice | None = None
        self._newest: Computation | None = None
        self._due = 0.0  # when the next picture of a loop may be drawn
        self._waits = False  # for the end of the cell, to draw the last one
        super().__init__(practice=practice, sliders=sliders, cells=cells)
        self.on_msg(self._on_request)
        self._begin(computation, args)
        before = predecessor(self)
        if before is not None and self.svg:
            # The cell ran again: go on at the reader's step, also where the old view is on screen
            if len(before.frames) == len(self.frames):
                self.step = before.step
            if self._practice and before._practice:
                self._practice.resume(before._practice)
                self._ask()
            before._take(self._computation)

    def __repr__(self) -> str:
        if self._practice:
            return self._practice.text()
        return str(self._view.trace) if self.svg else self.error

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        # In practice the final picture would give all answers
        if self.svg and not self._practice:
            data["image/svg+xml"] = self._drawing.final
        return data, metadata

    @property
    def attempts(self) -> list[Attempt]:
        """What was answered in practice: for each question the first attempt, slips and hints.

        It is practice, not grading: it says what to look at again, and counts nothing.
        """
        return self._practice.attempts if self._practice else []

    @locked
    def update(self, computation: Any, /, *args: Any) -> None:
        """Show another computation in the view that is on screen, such as the next loss of a loop.

        The view keeps its step, and its layout where the graph is the same. Its numbers are copied
        at once, which takes about as long as computing them; at most ten pictures a second are
        drawn, for at most a tenth of the time. The last one is drawn when the cell ends.
        """
        try:
            self._newest = Computation(computation, args, _MOST_NODES, self._passes)
        except TraceError as error:
            self._refuse(str(error))
            return
        if time.perf_counter() >= self._due:
            self._show_newest()
        elif not self._waits:
            self._waits = True
            at_end_of_cell(self._end_loop)

    @locked
    def _end_loop(self, _: Any) -> None:
        self._waits = False
        self._show_newest()

    @locked
    def _show_newest(self) -> None:
        """Draw what the loop gave last, unless that was drawn already."""
        newest, self._newest = self._newest, None
        if newest is None:
            return
        began = time.perf_counter()
        try:
            self._take(newest)
        except TraceError as error:
            self._refuse(str(error))
        now = time.perf_counter()
        self._due = now + max(_PAUSE, (now - began) / _SHARE)

    @locked
    def save(self, path: str | Path) -> None:
        """Write what is shown into a file: `.svg` a picture, `.html` a page that steps by itself.

        The page needs no kernel and no network; in it nothing can be changed. Raises ValueError
        for another ending, where there is nothing to show, and while practice still asks.
        """
        file = Path(path)
        if not self.svg:
            raise ValueError(NO_PICTURE.format(error=self.error))
        if file.suffix not in (".html", ".svg"):
            raise ValueError(NO_SUCH_KIND.format(name=file.name))
        if self._asks():
            raise ValueError(QUESTIONS_OPEN)
        text = self._drawing.final if file.suffix == ".svg" else self._page()
        file.write_text(text, encoding="utf-8", newline="\n")

    # What a computation becomes ----------------------------------------------------------

    @locked
    def _begin(self, computation: Any, args: tuple[Any, ...]) -> None:
        """Take in another computation; where that cannot be stepped, say why."""
        try:
            self._take(Computation(computation, args, _MOST_NODES, self._passes))
        except TraceError as error:
            self._refuse(str(error))

    def _refuse(self, error: str) -> None:
        """Say what is wrong; a picture that is there stays."""
        self.error = error

    @locked
    def _take(self, computation: Computation, opened: str | None = None) -> None:
        """Show `computation`, with the group at `opened` open; nothing changes if it cannot be."""
        trace = without_nudge(computation.trace) if self.practice else computation.trace
        groups = [] if self.practice else find_groups(trace)  # questions are about single ops
        many, first = len(trace.nodes), not self.frames
        if opened is None:
            opened = self.opened if not first else "" if many > MANY and groups else ALL
        if opened not in ("", ALL, *(group.path for group in groups)):
            opened = ALL
        view = collapse(trace, groups, opened)
        if len(view.trace.nodes) > _MOST_SHOWN:
            said = TOO_MANY_BOXES if groups and opened else TOO_LITTLE_CLOSES
            raise TraceError(said.format(many=many, most=_MOST_SHOWN))
        step = view.trace.opens_at if first else self._step_in(view.trace)
        scene = self._stage(computation, view, opened, Album())
        self._computation, self._groups, self._view = computation, groups, view
        note = "" if opened else OPENS_COLLAPSED.format(many=many)
        if self.practice:
            earlier, frames = self._practice, scene.state["frames"]
            self._practice = Practice(trace, frames, twins(computation))
            if earlier:
                self._practice.resume(earlier)
            note = "" if self._practice.questions else NOTHING_TO_ASK
        self._drawing = scene.drawing
        with self.hold_sync():
            self.error = ""
            for name, value in scene.state.items():
                self.set_trait(name, value)
            self.step = self._practice.gate - 1 if self._practice and first else step
            self.groups = [{"path": group.path, "label": group.label} for group in groups]
            self.opened = opened
            if first:
                self.note = note
                self.grain = self._grain or ("edge" if len(self.frames) <= _MANY_STEPS else "op")
            if self._practice:
                self._ask()
        hear_while_busy(self)

    def _step_in(self, trace: Trace) -> int:
        """Find the reader's place in another trace: the same step, the turn or the end."""
        before, last = self._view.trace, len(trace.steps) - 1
        turning = self.step == before.opens_at
        ending = self.step == len(before.steps) - 1
        return last if ending else trace.opens_at if turning else min(self.step, last)

    def _stage(
        self, computation: Computation, view: Collapsed, opened: str, album: Album
    ) -> "Scene":
        """Draw a view of the computation. The layout is that of last time, if it is its graph."""
        play = Screenplay(view.trace)
        # A change would begin the questions anew
        leaves = {} if self.practice else self._changeable(computation, view)
        drawing = draw(view.trace, play, self._arrangements.get(opened), leaves)
        self._arrangements[opened] = drawing.arrangement
        code = [
            {"text": text, "nodes": [n.id for n in view.trace.nodes if n.line_number == place]}
            for place, text in enumerate(view.trace.code if self._wants_code else (), start=1)
        ]
        frames = [album.filed(frame.as_dict()) for frame in play.frames]
        shown = {"svg": drawing.first, "frames": frames, "images": album.images, "code": code}
        return Scene(shown | {"leaves": list(leaves.values())}, drawing)

    def _changeable(self, computation: Computation, view: Collapsed) -> dict[int, dict[str, Any]]:
        """The leaves that can be changed: what they hold, and over what range a slider goes."""
        leaves: dict[int, dict[str, Any]] = {}
        for node in view.trace.nodes:
            if view.origin[node.id] not in computation.editable or node.value.size > MOST_TYPED:
                continue
            text = write_values(node.value)
            leaves[node.id] = leaf = {"node": node.id, "name": node.name, "text": text}
            if not node.shape and np.isfinite(node.value):
                value = float(node.value)
                low, high = self._ranges.get(node.name, (value, value))
                if not low < value < high:  # it stays under the hand that drags it
                    reach = max(1.0, 2 * abs(value))
                    low, high = self._ranges[node.name] = value - reach, value + reach
                leaf |= {"low": low, "high": high}
        return leaves

    def _page(self) -> str:
        """Write the page, with each way in which the graph can be collapsed."""
        computation = self._computation
        album, scenes = Album(), {}
        for path in ("", *(group.path for group in self._groups), ALL):
            view = collapse(computation.trace, self._groups, path)
            if len(view.trace.nodes) <= _MOST_SHOWN:
                scenes[path] = self._stage(computation, view, path, album).state
        state = {name: getattr(self, name) for name in GraphStepper.class_own_traits(sync=True)}
        state |= {"offline": page.OFFLINE, **scenes[self.opened]}
        state |= {"practice": False, "questions": []}
        state |= {"_esm": self._esm, "_css": self._css}
        return page.write(self._view.trace.nodes[self._view.trace.root].name, state, scenes)

    # What the reader asks for ------------------------------------------------------------

    @locked
    def _on_request(self, _: Any, request: dict[str, Any], buffers: Any) -> None:
        """Do what a view asks for; an error is shown where the reader looks."""
        with self.hold_sync():  # one message: what changed, and `edit`, by which it is the answer
            try:
                self._answer(request)
                self.error = ""
            except TraceError as error:
                self._refuse(str(error))
            except Exception as error:
                self._refuse(FAILED.format(error=type(error).__name__))
                raise
            finally:
                self.edit = request.get("edit", self.edit)
        hear_while_busy(self)

    def _answer(self, request: dict[str, Any]) -> None:
        match request:
            case {"kind": "edit", "leaf": leaf, "name": name, "text": text}:
                self._change(leaf, name, text)
            case {"kind": "open", "path": path}:
                self._take(self._computation, path)
            case {"kind": "page"} if self._asks():
                raise TraceError(QUESTIONS_OPEN)
            case {"kind": "page"}:
                self.send({"kind": "page", "html": self._page()})
            case {"kind": "attempt", "text": text} if self._practice:
                self._practice.attempt(text)
                self._ask()
            case {"kind": "hint"} if self._practice:
                self._practice.hint()
                self._ask()
            case {"kind": "reveal"} if self._practice:
                self._practice.reveal()
                self._ask()

    def _change(self, leaf: int, name: str, text: str) -> None:
        """Show the numbers that follow from a leaf's new value, in the graph where it was typed."""
        if not any((each["node"], each["name"]) == (leaf, name) for each in self.leaves):
            raise TraceError(OTHER_GRAPH.format(name=name))
        values = read_values(text, self._view.trace.nodes[leaf].shape)
        self._take(self._computation.changed({self._view.origin[leaf]: values}), self.opened)

    def _asks(self) -> bool:
        """Whether practice has a question open: nothing that shows its answer may be saved."""
        return self._practice is not None and self._practice.current is not None

    def _ask(self) -> None:
        """Show what practice has come to: the frames up to the next question, and what was said."""
        assert self._practice is not None
        with self.hold_sync():
            self.frames, self.questions = self._practice.shown, self._practice.state()


class Scene(NamedTuple):
    """The part of the state that shows a view of a computation, and its drawing."""

    state: dict[str, Any]
    drawing: Drawing
