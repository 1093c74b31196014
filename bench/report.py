"""Figures: as a table beside their targets, and as JSON."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles

# CPU milliseconds a request: for the first release, and where we want to be.
TARGETS = {
    "list": (6, 3.5), "ticket": (8, 5), "create": (12, 7), "reply": (12, 8), "mine": (5, 3),
}  # fmt: skip
MEMORY_MIB = (200, 150)
FIRST_PAGE_S = (4, 2)
QUERIES = {"list": 6, "ticket": 8}


@dataclass(frozen=True, slots=True)
class Figures:
    """One scenario. None: it has no such figure."""

    cpu_ms: float
    p50_ms: float | None = None
    p95_ms: float | None = None
    queries: int | None = None
    floor_ratio: float | None = None
    database_cpu_ms: float | None = None
    job_queries: int | None = None
    floor_cpu_ms: float | None = None
    memory_kib: float | None = None

    def as_json(self) -> dict[str, float | int | None]:
        """Always the first five; the others when they are known."""
        values = asdict(self)
        always = ("cpu_ms", "p50_ms", "p95_ms", "queries", "floor_ratio")
        return {
            name: round(value, 3) if isinstance(value, float) else value
            for name, value in values.items()
            if name in always or value is not None
        }


@dataclass(frozen=True, slots=True)
class Results:
    """One run."""

    tickets: int
    db: str
    scenarios: dict[str, Figures]
    memory_mib: float
    first_page_s: float

    def write(self, path: Path) -> None:
        """As JSON."""
        values = {
            "tickets": self.tickets, "db": self.db,
            "scenarios": {name: figures.as_json() for name, figures in self.scenarios.items()},
            "memory_mib": round(self.memory_mib, 1), "first_page_s": round(self.first_page_s, 2),
        }  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values, indent=2) + "\n")

    def table(self) -> str:
        """For a terminal."""
        head = f"{'':16}{'CPU ms':>8}{'of db':>8}{'p50':>8}{'p95':>8}{'SQL':>9}{'× floor':>9}  target → goal"
        lines = [f"{self.tickets:,} tickets, {self.db}", head]
        for name, one in self.scenarios.items():
            sql = "" if one.queries is None else f"{one.queries}" + (f" + {one.job_queries}" if one.job_queries else "")
            goal = "≤ {} → {} ms".format(*TARGETS[name]) if name in TARGETS else ""
            goal += f", ≤ {QUERIES[name]} SQL" if name in QUERIES else ""
            goal += f"{one.memory_kib:.1f} KiB a stream" if one.memory_kib is not None else ""
            lines.append(
                f"{name:16}{one.cpu_ms:8.2f}{_shown(one.database_cpu_ms)}{_shown(one.p50_ms)}{_shown(one.p95_ms)}{sql:>9}"
                f"{_shown(one.floor_ratio, 9)}  {goal}"
            )
        lines.append(f"memory {self.memory_mib:.0f} MiB  (≤ {MEMORY_MIB[0]} → {MEMORY_MIB[1]})")
        lines.append(f"first page {self.first_page_s:.2f} s  (≤ {FIRST_PAGE_S[0]} → {FIRST_PAGE_S[1]})")
        return "\n".join(lines)


def _shown(value: float | None, width: int = 8) -> str:
    return f"{'' if value is None else f'{value:.2f}':>{width}}"


def spread(times: list[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return median(times), quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]
