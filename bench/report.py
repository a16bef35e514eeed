"""Medians, spread and ratios of what was measured, and the forms in which they are written."""

from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from bench.measure import Result
from bench.scenario import BARE, NATIVE, Entry

_COLUMNS = ["", "req/s", "±", "CPU us", "over bare", "p50 us", "p99 us", "MB", "of bare", "of native"]


@dataclass(frozen=True)
class Figures:
    """A contestant's medians, and how it compares."""

    rps: float
    # Half of the distance between the best and the worst round, as a part of the median.
    spread: float
    cpu_us: float
    cpu_us_over_bare: float | None
    p50_us: float
    p99_us: float
    rss_mb: float
    # Requests per second as a part of another contestant's: the median over the rounds, each round for itself, so that a
    # machine that grows slower during the run changes nothing.
    of_bare: float | None
    of_native: float | None
    disturbed: float


def figures(result: Result, all_results: list[Result]) -> Figures | None:
    if result.broken or not result.samples:
        return None
    rates = [sample.rps for sample in result.samples]
    bare, native = (_first(all_results, role) for role in (BARE, NATIVE))
    return Figures(
        rps=median(rates),
        spread=(max(rates) - min(rates)) / 2 / median(rates),
        cpu_us=_median(result, "cpu_us"),
        cpu_us_over_bare=_median(result, "cpu_us") - _median(bare, "cpu_us") if bare and bare is not result else None,
        p50_us=_median(result, "p50_us"),
        p99_us=_median(result, "p99_us"),
        rss_mb=result.samples[-1].rss_mb,
        of_bare=_ratio(result, bare),
        of_native=_ratio(result, native) if result.role != BARE else None,
        disturbed=max(sample.disturbed for sample in result.samples),
    )


def _first(results: list[Result], role: str) -> Result | None:
    return next((r for r in results if r.role == role and r.samples and not r.broken), None)


def _median(result: Result, name: str) -> float:
    return median(getattr(sample, name) for sample in result.samples)


def _ratio(result: Result, other: Result | None) -> float | None:
    if other is None or other is result:
        return None
    return median(ours.rps / theirs.rps for ours, theirs in zip(result.samples, other.samples))


def as_json(entry: Entry, results: list[Result]) -> dict[str, Any]:
    contestants = []
    for result in results:
        found = figures(result, results)
        contestants.append(asdict(result) | {"figures": asdict(found) if found else None})
    return {"name": entry.name, "about": entry.about, "contestants": contestants}


def table(results: list[Result]) -> list[list[str]]:
    """Columns of text; the first row names them."""
    return [_COLUMNS, *([result.name, *_cells(result, results)] for result in results)]


def _cells(result: Result, results: list[Result]) -> list[str]:
    found = figures(result, results)
    if found is None:
        word = "skipped" if result.skipped else "BROKEN" if result.broken else "checked"
        return [word, *[""] * (len(_COLUMNS) - 2)]
    return [
        f"{found.rps:,.0f}" if found.rps >= 100 else f"{found.rps:.1f}",
        f"{found.spread:.1%}",
        f"{found.cpu_us:,.1f}",
        "" if found.cpu_us_over_bare is None else f"{found.cpu_us_over_bare:+,.1f}",
        f"{found.p50_us:,.0f}",
        f"{found.p99_us:,.0f}",
        f"{found.rss_mb:.0f}",
        _times(found.of_bare),
        _times(found.of_native),
    ]


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}"


def notes(results: list[Result]) -> list[str]:
    """What a reader of the table must know besides."""
    found = [f"{r.name} was skipped: {r.skipped}" for r in results if r.skipped]
    found += [f"{r.name} is broken and was not measured: {r.broken}" for r in results if r.broken]
    disturbed = max((sample.disturbed for r in results for sample in r.samples), default=0)
    if disturbed > 0.05:
        found.append(f"other programs used up to {disturbed:.0%} of the machine meanwhile: take no figure from this run")
    return found


def as_text(entry: Entry, results: list[Result]) -> str:
    rows = table(results)
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    lines = [f"{entry.name}: {entry.about}"]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
        lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join([*lines, *(f"  ! {note}".replace("\n", "\n    ") for note in notes(results)), ""])


def as_markdown(machine: dict[str, Any], run: list[tuple[Entry, list[Result]]]) -> str:
    modules = ", ".join(f"{name} {size / 1000:.0f} KB" for name, size in machine["modules"].items())
    lines = [
        "# Measured",
        "",
        f"{machine['date']}, commit {machine['commit']}, Envoy {machine['envoy']}, one worker.",
        f"{machine['cpus']} x {machine['processor']}, Linux {machine['kernel']}.",
        f"Modules: {modules}.",
    ]
    for entry, results in run:
        lines += ["", f"## {entry.name}", "", f"{entry.about[0].upper()}{entry.about[1:]}.", ""]
        header, *rows = table(results)
        lines += [_row(header), _row(["---"] + ["--:"] * (len(header) - 1)), *map(_row, rows)]
        lines += [f"\n{note}" for note in notes(results)]
    return "\n".join([*lines, ""])


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
