"""A page of the browser, and a watch on what it complains about."""

from contextlib import contextmanager
from urllib.parse import urlsplit

# Said by Jupyter's own plugin of shortcuts, when the settings of another come before its own.
JUPYTERS_OWN = "Cannot read properties of undefined (reading 'schema')"


@contextmanager
def watched_page(chromium, complaints):
    """A new page; what it complains about, and whom it asks beyond this machine, is added."""
    context = chromium.new_context(viewport={"width": 1200, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.on(
        "pageerror",
        lambda error: error.message == JUPYTERS_OWN or complaints.append(f"error: {error}"),
    )
    page.on(
        "console",
        lambda message: message.type == "error" and complaints.append(f"console: {message.text}"),
    )
    page.on(
        "request",
        lambda asked: (
            urlsplit(asked.url).hostname in ("127.0.0.1", None)
            or complaints.append(f"asked for {asked.url}")
        ),
    )
    yield page
    context.close()
