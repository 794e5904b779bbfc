"""Over a thousand questions, the page that the reader has in front of them holds no answer."""

import re
from pathlib import Path

from practised import NUMBERS, QUESTIONS, forms, many

import minigrad_widgets
from minigrad_widgets import GraphStepper
from minigrad_widgets.drawing import draw
from minigrad_widgets.screenplay import Screenplay
from test_practice import PAGE
from watch import watched_page

BUNDLE = Path(minigrad_widgets.__file__).with_name("static") / "stepper.js"
LOAD = """async bundle => {
  const blob = new Blob([bundle], {type: "text/javascript"});
  window.widget = (await import(URL.createObjectURL(blob))).default;
}"""
# Shows states of the widget at their gates, with the question, the drawer and all hints open.
READ = """state => {
  const el = document.body.appendChild(document.createElement("div"));
  const callbacks = [];
  const model = {
    get: key => state[key],
    set(key, value) { state[key] = value; callbacks.forEach(callback => callback()); },
    on: (event, callback) => event.startsWith("change:") && callbacks.push(callback),
    off() {}, save_changes() {}, send() {},
  };
  const close = widget.render({model, el});
  const press = name => el.querySelector(`[aria-label="${name}"]`).click();
  press("More");
  press("Step forward");
  const read = [el.querySelector(".practice .asks").textContent, (%s)(el)];
  close();
  el.remove();
  return read;
}"""


def states():
    """Each question as the page meets it, after all hints and a wrong answer."""
    own = GraphStepper.class_own_traits(sync=True)
    blank = {name: trait.default() for name, trait in own.items()} | {"practice": True}
    for trace, practice in many():
        svg = draw(trace, Screenplay(trace)).first
        for question in practice.questions:
            for _ in question.hints:
                practice.hint()
            practice.attempt("123456.5")
            seen = {"svg": svg, "frames": practice.shown, "questions": practice.state()}
            yield question, blank | seen | {"step": practice.gate - 1}
            practice.reveal()


def test_no_answer_is_in_the_page_before_it_is_revealed(chromium, capsys):
    complaints, leaks, met = [], [], 0
    with watched_page(chromium, complaints) as page:
        page.evaluate(LOAD, BUNDLE.read_text(encoding="utf-8"))
        for question, state in states():
            asks, texts = page.evaluate(READ % PAGE, state)
            assert asks == question.asks
            met += 1
            texts = re.sub(r"\d+ of \d+", "", texts).replace("−", "-")  # counters
            if found := forms(question.truth) & set(NUMBERS.findall(texts)):
                leaks.append((asks, found))
    with capsys.disabled():
        print(f"\n{met} questions in the page, {len(leaks)} answers shown early")
    assert (leaks, complaints) == ([], [])
    assert met >= QUESTIONS
