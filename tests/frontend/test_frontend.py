"""The front end: its types, its own tests, and whether the committed bundle is what they build."""

import shutil
import subprocess

import pytest

import kit

WIDGETS = kit.ROOT / "widgets"


@pytest.fixture(scope="session")
def npm():
    """Run npm in widgets/; its packages are those of the lock."""
    assert not kit.lacking("frontend"), kit.lacking("frontend")
    program = shutil.which("npm")

    def run(*words):
        done = subprocess.run(
            [program, *words],
            cwd=WIDGETS,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        print(done.stdout)
        assert done.returncode == 0

    run("ci", "--prefer-offline", "--no-audit", "--no-fund")
    return run


def test_types(npm):
    npm("run", "lint")


def test_units(npm):
    npm("test")


def test_the_committed_bundle_is_fresh(npm):
    """Fails if the sources were changed without a build; the build is then there to commit."""
    static = WIDGETS / "minigrad_widgets" / "static"
    committed = {file.name: file.read_bytes() for file in static.iterdir()}
    npm("run", "build")
    assert committed == {file.name: file.read_bytes() for file in static.iterdir()}
