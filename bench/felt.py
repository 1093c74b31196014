"""How fast the desk feels: Chromium with its CPU slowed down four times, on the seeded desk.

Tickets are opened one after the other by a click in the list beside them; the time runs from the click to the first frame
that shows the conversation. The sizes are what went over the wire.
"""

import argparse
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright
from tests.browser import CHROMIUM, FLAGS

from bench.corpus import PASSWORD
from bench.desks import desk
from bench.facts import Facts
from bench.processes import free_port, serve
from bench.scenarios import LEADS

SLOWER = 4
OPENED = 10
SETTLE_MS = 300  # between two clicks; what comes late shifts something, too
OPEN_MS, JS_KB, CSS_KB, FIRST_KB, SHIFT = 150, 40, 20, 80, 0.01

# From the click to the task after the first frame in which the ticket's conversation stands in the page.
_CLICK = """
([href, words]) => new Promise((done) => {
  const link = [...document.querySelectorAll("a")].find((a) => a.getAttribute("href") === href);
  const began = performance.now();
  const look = () => {
    if (!document.body.textContent.includes(words)) return requestAnimationFrame(look);
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
  };
  link.click();
  look();
})
"""
_LINK = """
(number) => [...document.querySelectorAll("a")].map((a) => a.getAttribute("href"))
  .find((href) => href?.startsWith(`/desk/tickets/${number}/`))
"""
_SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


@dataclass(slots=True)
class Wire:
    """Bytes over the wire by sort of content; html of pages and parts alike."""

    bytes: dict[str, int] = field(default_factory=dict)
    _sorts: dict[str, str] = field(default_factory=dict)

    def listen(self, line: CDPSession) -> None:
        """From now on."""
        line.on("Network.responseReceived", lambda event: self._received(event))
        line.on("Network.loadingFinished", lambda event: self._finished(event))
        line.send("Network.enable")

    def _received(self, event: dict[str, Any]) -> None:
        self._sorts[event["requestId"]] = event["response"]["mimeType"]

    def _finished(self, event: dict[str, Any]) -> None:
        sort = self._sorts.get(event["requestId"], "?")
        self.bytes[sort] = self.bytes.get(sort, 0) + int(event["encodedDataLength"])

    def kb(self, *sorts: str) -> float:
        """Thousands of bytes of these sorts, of all if none is named."""
        return sum(size for sort, size in self.bytes.items() if not sorts or sort in sorts) / 1000


def _listening(page: Page, port: int) -> Wire:
    """A lead who has just signed in, with an empty cache and a slow machine."""
    page.add_init_script(_SHIFTS)
    page.goto(f"http://localhost:{port}/sign-in/")
    page.fill("[name=login]", LEADS[0])
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/desk/**")
    line = page.context.new_cdp_session(page)
    line.send("Network.clearBrowserCache")
    line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    wire = Wire()
    wire.listen(line)
    return wire


def feel(page: Page, port: int, tickets: dict[int, str]) -> dict[str, float]:
    """The figures; `tickets`: numbers in the list, and words of each one's third message (the list previews the last one)."""
    wire = _listening(page, port)
    page.goto(f"http://localhost:{port}/desk/tickets/?view=open")
    page.wait_for_timeout(SETTLE_MS * SLOWER)  # not until the network is idle: a stream stays open
    figures = {
        "first_page_kb": wire.kb(), "js_kb": wire.kb("text/javascript"), "css_kb": wire.kb("text/css"),
        "html_kb": wire.kb("text/html"),
    }  # fmt: skip
    shifted = page.evaluate("window.shifted")
    first, *others = tickets
    page.goto(
        f"http://localhost:{port}/desk/tickets/{first}/?view=open"
    )  # from the list alone a click loads a page, too
    page.wait_for_timeout(SETTLE_MS * SLOWER)
    times, weights = [], []
    for number, words in ((number, tickets[number]) for number in others):
        before = wire.kb("text/html")
        times.append(page.evaluate(_CLICK, [page.evaluate(_LINK, number), words]))
        page.wait_for_timeout(SETTLE_MS)
        weights.append(wire.kb("text/html") - before)
    shifted += page.evaluate("window.shifted")
    return {**figures, "open_ms": median(times), "open_kb": median(weights), "layout_shift": shifted}


def main() -> int:
    """Measure, print beside the goals; 1 when one is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.felt", description="Measure how fast the desk feels.")
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--db", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--output", type=Path, help="write the figures there as JSON")
    options = parser.parse_args()
    port = free_port()
    with desk(tickets=options.tickets, db=options.db) as made, serve(made, port=port, smtp_port=free_port()):
        facts = Facts(made)
        tickets = {number: facts.begins(number)[2] for number in facts.newest_unsolved()[1 : 1 + OPENED]}
        facts.close()
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            figures = feel(chromium.new_page(viewport={"width": 1440, "height": 900}), port, tickets)
            chromium.close()
    goals = {
        "open_ms": OPEN_MS, "js_kb": JS_KB, "css_kb": CSS_KB, "first_page_kb": FIRST_KB, "layout_shift": SHIFT
    }  # fmt: skip
    missed = False
    for name, value in figures.items():
        goal = goals.get(name)
        missed |= goal is not None and value > goal
        print(
            f"{name:16}{value:10.3f}" + (f"  ≤ {goal}{'' if value <= goal else '  MISSED'}" if goal is not None else "")
        )
    if options.output:
        options.output.write_text(
            json.dumps({name: round(value, 3) for name, value in figures.items()}, indent=2) + "\n"
        )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
