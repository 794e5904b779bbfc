"""A saved page steps by itself: opened from a folder, without a network or a kernel."""

import pytest

import minigrad as mg
from axe import violations
from differences import Differences, Z
from frames import check
from geometry import faults_at_every_step
from lab import Stepper
from minigrad import nn
from minigrad_widgets import GraphStepper
from watch import watched_page

AT = {"x": 3.0, "a": -3.0, "b": 5.0}


def composite():
    x, a, b = (mg.tensor(value, requires_grad=True, name=name) for name, value in AT.items())
    y = a * x**2 + b * x + 1
    z = y**2 + 2 * y
    return GraphStepper(z)


def network():
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    return GraphStepper(model(mg.tensor([[1.0, 2.0]])).sum())


def two_hundred():
    z = mg.tensor(1.0, requires_grad=True)
    for _ in range(199):
        z = z.sin()
    return GraphStepper(z)


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


def test_a_page_is_small(tmp_path, measured):
    for stepper, nodes in ((composite(), 11), (two_hundred(), 200)):
        file = tmp_path / "page.html"
        stepper.save(file)
        size = file.stat().st_size
        measured(f"an exported page of {nodes} nodes", f"{size / 1000:.1f} KB", "500 KB")
        assert size <= 500_000
