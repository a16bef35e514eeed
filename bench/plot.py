"""The report as a picture: requests per second, a group of bars for each scenario."""

from html import escape

from bench.measure import Result
from bench.report import Figures, figures
from bench.scenario import BARE, NATIVE, OTHER, OURS, Entry

_COLOURS = {BARE: "#9aa5b1", NATIVE: "#4c78a8", OURS: "#e4572e", OTHER: "#c9ced4"}
_WIDTH, _NAMES, _BARS, _LINE = 860, 260, 400, 20


def as_svg(run: list[tuple[Entry, list[Result]]]) -> str:
    parts, y = [], 16
    for entry, results in run:
        measured = [(result, found) for result in results if (found := figures(result, results))]
        if measured:
            parts.append(f'<text x="8" y="{y}" font-weight="bold">{escape(f"{entry.name}: {entry.about}")}</text>')
            parts += _bars(measured, y + 8)
            y += 8 + len(measured) * _LINE + 26
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y}" viewBox="0 0 {_WIDTH} {y}" '
    head += 'font-family="system-ui, sans-serif" font-size="13" fill="#222">'
    paper = f'<rect width="{_WIDTH}" height="{y}" fill="#fff"/>'
    return "\n".join([head, "<title>Requests per second on one worker</title>", paper, *parts, "</svg>", ""])


def _bars(measured: list[tuple[Result, Figures]], top: int) -> list[str]:
    most = max(found.rps for _, found in measured)
    parts = []
    for line, (result, found) in enumerate(measured):
        y = top + line * _LINE
        length = max(1, round(_BARS * found.rps / most))
        parts.append(f'<text x="{_NAMES - 8}" y="{y + 14}" text-anchor="end">{escape(result.name)}</text>')
        parts.append(f'<rect x="{_NAMES}" y="{y + 2}" width="{length}" height="16" fill="{_COLOURS[result.role]}"/>')
        parts.append(f'<text x="{_NAMES + length + 6}" y="{y + 14}">{_label(found)}</text>')
    return parts


def _label(found: Figures) -> str:
    rate = f"{found.rps:,.0f}/s" if found.rps >= 100 else f"{found.rps:.1f}/s"
    return f"{rate}, {found.cpu_us:,.1f} us" + ("" if found.of_native is None else f", {found.of_native:.2f} x native")
