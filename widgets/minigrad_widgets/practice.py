"""Practice: some steps are asked before they are shown, and a wrong answer is met by its slip."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from minigrad.diagnose import RIGHT, diagnose
from minigrad.errors import TraceError
from minigrad.printing import number
from minigrad.traces import Trace
from minigrad_widgets.asking import Question
from minigrad_widgets.questions import questions
from minigrad_widgets.values import read_number

ALL_ANSWERED = "All questions are answered."
SOLVED = "It is {answer}. {sentence}"
PRACTISED = "practice: {solved} of {many} questions answered"
ASKED = "asked now, before step {step}: {asks}"


@dataclass
class Attempt:
    """What happened at one question. It is practice, not grading: it counts against nobody.

    `names` are the nodes it is about, as in "y² → y"; `first` is what was typed first, or "";
    `slips` are the names of those that were recognised, in order; `hints` is how many were read.
    """

    step: int
    what: str
    names: str
    asks: str
    first: str = ""
    tries: int = 0
    slips: list[str] = field(default_factory=list)
    hints: int = 0
    revealed: bool = False
    solved: bool = False


class Practice:
    """A walk through a trace that stops at questions. It is practice, not grading.

    `trace` is one `without_nudge`, `frames` are made of it, one for each step, `twins` are the
    same computation with other numbers, `also` is what else the page shows; a `seed` draws other
    questions. What is withheld is None in `shown`. `attempts` is the record, one for each question.

    >>> import minigrad as mg
    >>> from minigrad.tracing import Computation
    >>> from minigrad_widgets.questions import twins, without_nudge
    >>> x = mg.tensor(0.7, requires_grad=True)
    >>> sine = Computation((x.sin() * x).tanh())
    >>> practice = Practice(without_nudge(sine.trace), [{}] * 12, twins(sine))
    >>> practice.gate, practice.questions[0].asks
    (3, 'tanh(sin(x)·x) is …?')
    """

    def __init__(
        self,
        trace: Trace,
        frames: Sequence[Mapping[str, Any]],
        twins: Iterable[Trace],
        also: Iterable[str] = (),
        seed: int | None = None,
    ) -> None:
        self._trace = trace
        self._frames = frames
        self.questions = questions(trace, frames, twins, also, seed)
        self.attempts = [
            Attempt(each.step, each.what, each.names, each.asks) for each in self.questions
        ]
        self._says = ["" for _ in self.questions]

    def resume(self, earlier: Practice) -> None:
        """Take over what was answered to those of these questions that `earlier` asked as well.

        The same question has the same step, words and answer. `earlier` keeps its own record.
        """
        asked = [(each.step, each.asks, each.truth) for each in earlier.questions]
        for i, each in enumerate(self.questions):
            if (same := (each.step, each.asks, each.truth)) in asked:
                before = asked.index(same)
                self.attempts[i] = deepcopy(earlier.attempts[before])
                self._says[i] = earlier._says[before]

    @property
    def current(self) -> int | None:
        """Which question is asked now; None when all are answered."""
        return next((i for i, each in enumerate(self.attempts) if not each.solved), None)

    @property
    def gate(self) -> int:
        """The first step that is withheld, or how many there are if none is."""
        return len(self._trace.steps) if self.current is None else self.attempts[self.current].step

    @property
    def shown(self) -> list[Mapping[str, Any] | None]:
        """The frames, None where they are withheld."""
        return [frame if i < self.gate else None for i, frame in enumerate(self._frames)]

    def state(self) -> list[dict[str, Any]]:
        """Return the questions as they are sent, with what was said and hinted so far."""
        everything = zip(self.questions, self.attempts, self._says, strict=True)
        return [
            {
                "step": question.step,
                "about": question.about,
                "asks": question.asks,
                "says": says,
                "hints": list(question.hints[: attempt.hints]),
                "moreHints": not attempt.solved and attempt.hints < len(question.hints),
                "solved": attempt.solved,
            }
            for question, attempt, says in everything
        ]

    def attempt(self, text: str) -> str:
        """Judge what was typed to the question that is asked now, and return what to say."""
        if self.current is None:
            return ALL_ANSWERED
        i = self.current
        question, attempt = self.questions[i], self.attempts[i]
        try:
            typed = read_number(text)
        except TraceError as error:
            self._says[i] = str(error)
            return self._says[i]
        found = diagnose(typed, question.truth, question.slips, slack=question.slack)
        attempt.first = attempt.first or text.strip()
        attempt.tries += 1
        attempt.slips += [slip.name for slip in found.slips]
        attempt.solved = found.right
        self._says[i] = f"{RIGHT} {self._solution(question)}" if found.right else found.says
        return self._says[i]

    def hint(self) -> str:
        """Return the next hint to the question that is asked now: the kind, the edge, a twin."""
        if self.current is None:
            return ALL_ANSWERED
        question, attempt = self.questions[self.current], self.attempts[self.current]
        attempt.hints = min(attempt.hints + 1, len(question.hints))
        return question.hints[attempt.hints - 1]

    def reveal(self) -> str:
        """Give the answer to the question that is asked now, and go on."""
        if self.current is None:
            return ALL_ANSWERED
        i = self.current
        self._says[i] = self._solution(self.questions[i])
        self.attempts[i].revealed = self.attempts[i].solved = True
        return self._says[i]

    def _solution(self, question: Question) -> str:
        sentence = self._trace.steps[question.step].sentence
        return SOLVED.format(answer=number(question.truth), sentence=sentence)

    def text(self) -> str:
        """Return the transcript, as far as the question that is asked now."""
        if self.current is None:
            return str(self._trace)
        question, attempt = self.questions[self.current], self.attempts[self.current]
        solved = sum(each.solved for each in self.attempts)
        told = str(replace(self._trace, steps=self._trace.steps[: self.gate])).splitlines()
        return "\n".join(
            [
                PRACTISED.format(solved=solved, many=len(self.questions)),
                *told[1:],  # the first line gives the result
                ASKED.format(step=question.step, asks=question.asks),
                *question.hints[: attempt.hints],
                self._says[self.current],
            ]
        ).rstrip()
