"""A saved page steps by itself: opened from a folder, without a network or a kernel."""

import pytest
from playwright.sync_api import expect

import minigrad as mg
import sizes
from axe import violations
from differences import Differences, Z
from frames import Shown, check
from geometry import faults_at_every_step
from lab import Stepper
from minigrad import nn
from minigrad_widgets import GraphStepper
from sizes import SIZES
from watch import watched_page

AT = {"x": 3.0, "a": -3.0, "b": 5.0}


def composite():
    x, a, b = (mg.tensor(value, requires_grad=True, name=name) for name, value in AT.items())
    y = a * x**2 + b * x + 1
    z = y**2 + 2 * y
    return GraphStepper(z)


def network():
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    loss = (model(mg.tensor([[1.0, 2.0]])) ** 2).sum()
    return GraphStepper(loss)


@pytest.fixture
def offline(chromium, tmp_path):
    """Open a stepper's page with the network off; the test fails if the page asks for anything."""
    complaints, asked = [], []
    with watched_page(chromium, complaints) as page:
        page.context.set_offline(True)
        page.on("request", lambda request: asked.append(request.url))

        def open_page(stepper):
            file = tmp_path / "page.html"
            stepper.save(file)
            page.goto(file.as_uri())
            return Stepper(page.get_by_role("group", name="Stepper"))

        yield open_page
    assert [url for url in asked if not url.startswith(("file:", "blob:", "data:"))] == []
    assert sum(url.startswith("file:") for url in asked) == 1
    assert complaints == []


def test_a_page_steps_and_says_that_nothing_can_be_changed(offline, shoot):
    stepper = offline(composite())
    check(stepper.walk(), Differences(Z, AT))
    assert faults_at_every_step(stepper)["faults"] == []
    for theme in ("light", "dark"):
        stepper.root.page.emulate_media(color_scheme=theme)
        found = violations(stepper.root)
        assert not found, "\n\n".join(found)
        shoot(stepper, f"page-{theme.title()}")
    stepper.node("x").press("Enter")
    assert stepper.root.get_by_role("textbox").count() == 0
    assert "no kernel" in stepper.root.inner_text()


def test_closed_parts_are_opened_offline(offline):
    stepper = offline(network())
    opened = Shown(stepper.walk()[-1])
    stepper.open_drawer()
    stepper.root.get_by_role("combobox", name="Show").select_option("all closed")
    closed = Shown(stepper.walk()[-1])
    assert len(closed.values) < len(opened.values)
    assert closed.values["loss"] == opened.values["loss"]
    for _ in range(2):  # the model, and its first layer
        stepper.root.locator("[aria-roledescription^='closed part']").first.press("Enter")
    expect(stepper.node("model.0.weight")).to_be_visible()
    inside = Shown(stepper.walk()[-1])
    assert inside.labels.items() <= opened.labels.items()
    stepper.press("More")
    assert faults_at_every_step(stepper)["faults"] == []


@pytest.mark.parametrize("name", SIZES)
def test_a_page_is_small(name, tmp_path, measured):
    made = {}
    exec(sizes.IMPORTS + SIZES[name], made)
    file = tmp_path / "page.html"
    GraphStepper(made["loss"]).save(file)
    size = file.stat().st_size
    measured(f"an exported page: {name}", f"{size / 1000:.1f} KB", "500 KB")
    assert size <= 500_000
