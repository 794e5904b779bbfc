"""Practice: asked before a step is shown; the answer is nowhere until then, and slips are met."""

import re

from playwright.sync_api import expect

from axe import violations
from test_numbers import IMPORTS

# Numbers that no other number of the graph happens to equal.
CODE = """mg.manual_seed({seed})
a, b, c = (mg.tensor(v, requires_grad=True, name=n) for n, v in zip("abc", mg.rand(3).tolist()))
u = a * b + 0.37
v = (u * c).tanh() * u
s{seed} = GraphStepper(v, practice=True)
s{seed}"""
GRAPHS = 8
# Whatever the page holds of the widget: all texts, and all attributes but places, ids and ends.
PAGE = """root => {
  const parts = [root, ...root.querySelectorAll("*")];
  const attributes = parts.flatMap(part => [...part.attributes]
    .filter(({name}) => !/^(d|[xyr]|rx|width|height|viewBox|style|class)$/.test(name))
    .filter(({name}) => !/^(id|for|aria-describedby|tabindex|min|max|start|data-.*)$/.test(name))
    .map(({value}) => value));
  const texts = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) texts.push(walker.currentNode.data);
  return [...texts, ...attributes].join("\\n");
}"""


def asked(stepper):
    """The panel of the question before which the stepper stands; None where there is none left."""
    panel = stepper.root.get_by_role("group", name="Practice")
    stepper.root.focus()
    stepper.root.page.keyboard.press("End")
    if stepper.step == stepper.last:
        return None
    stepper.press("Step forward")
    expect(panel.get_by_role("textbox")).to_be_visible()
    return panel


def tokens(text: str) -> set[str]:
    """The sizes of all numbers: a sign is no disguise."""
    return set(re.findall(r"\d+(?:\.\d+)?(?:e−?\d+)?", text.replace("-", "−")))


def reveal_all(stepper) -> list[str]:
    """Look up every answer; check that it stood nowhere before. Return the answers."""
    answers = []
    while panel := asked(stepper):
        before = stepper.root.evaluate(PAGE)
        panel.get_by_role("button", name="Show me").click()
        told = panel.get_by_text(re.compile(r"It is "))
        expect(told).to_be_visible()
        answer = re.search(r"It is ([−\d.e]+)\.(?:\s|$)", told.inner_text())[1]
        assert answer.lstrip("−") not in tokens(before), (panel.inner_text(), before)
        answers.append(answer)
    return answers


def test_the_answer_is_nowhere_before_it_is_due(notebook, server):
    cells = [CODE.format(seed=seed) for seed in range(GRAPHS)]
    server.write("practice.ipynb", IMPORTS, *cells)
    notebook.open("practice.ipynb")
    notebook.run_all()
    answers = [answer for stepper in notebook.steppers() for answer in reveal_all(stepper)]
    assert len(answers) >= 3 * GRAPHS


def test_right_and_wrong_answers_and_what_python_knows_of_them(notebook, server, shoot):
    recorded = "for a in s0.attempts:\n    print(a.first, a.tries, a.slips, a.hints, a.solved)"
    code = CODE.format(seed=0)
    server.write("answers.ipynb", IMPORTS, code, code, recorded)
    notebook.open("answers.ipynb")
    notebook.run_all()
    twin, stepper = notebook.steppers()
    answers = reveal_all(twin)
    assert len(answers) >= 3
    for place, answer in enumerate(answers):
        panel = asked(stepper)
        field = panel.get_by_role("textbox")
        at = stepper.step
        if place == 0:
            shoot(stepper, "practice")
            assert not violations(stepper.root)
            wrong = answer[1:] if answer[0] == "−" else f"−{answer}"
            field.fill(wrong)
            field.press("Enter")
            expect(panel.locator("[aria-live]").first).to_contain_text("sign")
            for hint in range(3):
                panel.get_by_role("button", name="Hint").click()
                expect(panel.get_by_role("listitem")).to_have_count(hint + 1)
            hints = " ".join(panel.get_by_role("listitem").all_inner_texts())
            assert answer.lstrip("−") not in tokens(hints)
            assert stepper.step == at
        field.fill(answer)
        field.press("Enter")
        expect(panel.get_by_role("button", name="Go on")).to_be_visible()
        panel.get_by_role("button", name="Go on").click()
        assert stepper.step == at + 1
    assert asked(stepper) is None
    notebook.run_cell(3)
    lines = notebook.page.locator(".jp-OutputArea-output pre").last.inner_text().splitlines()
    assert len(lines) == len(answers)
    assert re.search(r" 2 \[.*sign.*\] 3 True$", lines[0])
    assert all(line.endswith(" 1 [] 0 True") for line in lines[1:])
