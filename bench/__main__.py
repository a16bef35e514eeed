"""The command line of scripts/bench."""

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import bench.scenarios  # noqa: F401  (fills the list)
from bench import load, machine, measure, micro, place, plot, report
from bench.scenario import ALL, Entry, chosen, with_modules_of

_FULL = measure.Pace(rounds=5, seconds=3, warm_up=1)
_QUICK = measure.Pace(rounds=5, seconds=1, warm_up=1)
_TOGETHER = measure.Pace(rounds=6, seconds=10, warm_up=1, together=True)
_SMOKE = measure.Pace(rounds=1, seconds=1, warm_up=0, repeats=0, only_ours=True)


def main() -> int:
    options = _options()
    if options.list:
        print("\n".join(f"{'*' if e.quick else ' '} {e.name:<22} {e.about}" for e in ALL))
        return 0
    if options.micro:
        print(micro.run())
        return 0
    load.require_wrk()
    run = [(entry, _run(entry, options)) for entry in _entries(options)]
    if not options.smoke:
        _write(run, machine.description())
    broken = [result for _, results in run for result in results if result.broken]
    return 1 if broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="What the filters cost, side by side.")
    parser.add_argument("names", nargs="*", help="scenarios: a name, the beginning of names (jwt), or a pattern (*-many)")
    parser.add_argument("--list", action="store_true", help="show all scenarios; --quick runs those with a star")
    parser.add_argument("--micro", action="store_true", help="run the pure crates in a loop inside Envoy's V8, and nothing else")
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument("--quick", action="store_true", help="short windows; without names, the main scenarios")
    pace.add_argument("--smoke", action="store_true", help="check all contestants, and put one second of load on ours")
    pace.add_argument("--together", action="store_true", help="all contestants at once: steady ratios on a noisy machine")
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="measure the modules of this folder as well")
    parser.add_argument("--rounds", type=int, help="rounds for each contestant")
    parser.add_argument("--seconds", type=int, help="length of a window")
    return parser.parse_args()


def _entries(options: argparse.Namespace) -> list[Entry]:
    if options.names:
        return chosen(options.names)
    return [entry for entry in ALL if entry.quick or not options.quick]


def _pace(options: argparse.Namespace) -> measure.Pace:
    pace = _SMOKE if options.smoke else _QUICK if options.quick else _TOGETHER if options.together else _FULL
    return replace(pace, rounds=options.rounds or pace.rounds, seconds=options.seconds or pace.seconds)


def _run(entry: Entry, options: argparse.Namespace) -> list[measure.Result]:
    begin = time.monotonic()

    def say(what: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\033[K{entry.name}: {what} ({time.monotonic() - begin:.0f} s)", end="", file=sys.stderr, flush=True)

    say("setting up")
    scenario = entry.build()
    if options.against:
        scenario = with_modules_of(scenario, options.against)
    results = measure.run(entry.name, scenario, _pace(options), say)
    say("")
    print("\r\033[K" if sys.stderr.isatty() else "", end="", file=sys.stderr, flush=True)
    print(report.as_text(entry, results), flush=True)
    return results


def _write(run: list, about: dict) -> None:
    out = place.folder("")
    scenarios = [report.as_json(entry, results) for entry, results in run]
    (out / "report.json").write_text(json.dumps({"machine": about, "scenarios": scenarios}, indent=1) + "\n")
    (out / "report.md").write_text(report.as_markdown(about, run))
    (out / "report.svg").write_text(plot.as_svg(run))
    print(f"{out / 'report.md'}, report.json and report.svg were written")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RuntimeError, ValueError) as failure:
        sys.exit(f"scripts/bench: {failure}")
    except KeyboardInterrupt:
        sys.exit("scripts/bench: interrupted")
