"""The tables of `scale.py`, and with --write the README's part and the plot, from the record of a measurement.

python tests/benchmarks/scale_tables.py scale.json [--write]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from processes import HERE, spread
from scale import JOBS, WITH_COLUMNS, Measured

README = HERE / "README.md"
BEGIN, END = "<!-- scale.py writes from here -->", "<!-- to here -->"
TITLES = {
    "reading": "Reading the file",
    "fit": "fit: one lasso",
    "path": "path: 100 alphas",
    "cv": "cv: 10 folds of 100 alphas",
    "classes": "cv of two classes: 10 folds of 100 alphas",
}
NAMES = {"sklearn": "scikit-learn"}
GOAL = 1.5
"""Times the limit, for cv on tall files."""

Shape = tuple[int, int]


@dataclass(frozen=True)
class Record:
    """A measurement: what scale.py says about it, and its runs."""

    about: dict
    runs: list[Measured]

    @property
    def shapes(self) -> list[Shape]:
        """Files in the order in which they were measured."""
        return list(dict.fromkeys((one.n, one.p) for one in self.runs))

    def peers(self, job: str) -> list[str]:
        """Who did a job on any file, regcli aside."""
        able = (one.who for one in self.runs if one.job == job and one.seconds is not None)
        return [who for who in dict.fromkeys(able) if who != "regcli"]

    def of(self, shape: Shape, job: str, who: str) -> dict[int, Measured]:
        """The runs of `who`, by their round."""
        named = (one for one in self.runs if (one.n, one.p, one.job, one.who) == (*shape, job, who))
        return {one.turn: one for one in named if one.seconds is not None}

    def ratios(self, shape: Shape, job: str, who: str, what: Callable[[Measured], float]) -> list[float]:
        """regcli's figure over a peer's, in each round that has both."""
        ours, theirs = self.of(shape, job, "regcli"), self.of(shape, job, who)
        return [what(ours[turn]) / what(theirs[turn]) for turn in ours if turn in theirs]

    def limits(self, shape: Shape, job: str) -> dict[int, float]:
        """Seconds that no program can beat, by round: the fastest reader and one product."""
        n, p = shape
        found = {}
        for turn, rate in enumerate(self.about["rates"][f"{n}x{p}"]):
            readers = [self.of(shape, "reading", who).get(turn) for who in ("regcli", *self.peers("reading"))]
            product = 0.0 if job == "reading" else 1e-9 * n * p * min(n, p) / rate
            times = [one.seconds for one in readers if one is not None and one.seconds is not None]
            if times:
                found[turn] = min(times) + product
        return found

    def distances(self, shape: Shape, job: str) -> list[float]:
        """regcli's time over the limit, in each round."""
        limits = self.limits(shape, job)
        ours = self.of(shape, job, "regcli")
        return [_seconds(one) / limits[turn] for turn, one in ours.items() if turn in limits]


def load(file: Path) -> Record:
    """The record that scale.py kept."""
    kept = json.loads(file.read_text())
    return Record(kept["about"], [Measured(**one) for one in kept["runs"]])


def main(file: Path, *options: str) -> None:
    """Print, or write into the README."""
    record = load(file)
    text = "\n".join(lines(record))
    if "--write" not in options:
        print(text)
        return
    from scale_plot import draw

    draw(record, HERE / "scale.svg")
    before, rest = README.read_text().split(BEGIN)
    README.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}")


def lines(record: Record) -> Iterator[str]:
    """The README's part."""
    about = record.about
    rates = spread([rate for of_file in about["rates"].values() for rate in of_file])
    counted = f"{about['rounds']} round{'s' * (about['rounds'] > 1)}"
    load = f", a load of {about['load']:.1f} at the start" if "load" in about else ""
    yield f"{about['versions']}{load}; {counted}. Products run at"
    yield f"{rates[0]:.0f} ({rates[1]:.0f} to {rates[2]:.0f}) billion operations a second."
    yield "\n![Seconds and memory by rows and by columns](scale.svg)"
    for job in JOBS:
        shapes = [shape for shape in record.shapes if record.of(shape, job, "regcli")]
        if shapes:
            yield f"\n### {TITLES[job]}\n"
            yield from table(record, job, shapes)
            unable = {one.who: one.why for one in record.runs if one.job == job and one.why}
            for who, why in unable.items():
                yield f"\n{NAMES.get(who, who)} failed: `{why}`"
    yield from said_of_cv(record)


def table(record: Record, job: str, shapes: Sequence[Shape]) -> Iterator[str]:
    """A row for each file."""
    peers = record.peers(job)
    heads = ["n x p", "file MB", "regcli s", "limit s", "times the limit", "peak MB"]
    heads += [f"{what} / {NAMES.get(who, who)}" for who in peers for what in ("time", "memory")]
    yield f"| {' | '.join(heads)} |"
    yield "|" + "--:|" * len(heads)
    for shape in shapes:
        n, p = shape
        ours = list(record.of(shape, job, "regcli").values())
        limits = record.limits(shape, job)
        cells = [f"{n:,} x {p:,}", figure(record.about["bytes"][f"{n}x{p}"] / 1e6)]
        cells += [seconds(ours, record), figure(spread(list(limits.values()))[0]) if limits else ""]
        cells += [
            ranged(record.distances(shape, job)),
            f"{spread([one.peak >> 20 for one in ours if one.peak])[0]:.0f}",
        ]
        for who in peers:
            cells += against(record, shape, job, who)
        yield f"| {' | '.join(cells)} |"


def seconds(runs: Sequence[Measured], record: Record) -> str:
    """regcli's own time."""
    middle = figure(spread([_seconds(one) for one in runs])[0])
    return f"> {record.about['patience']:.0f}" if any(one.late for one in runs) else middle


def against(record: Record, shape: Shape, job: str, who: str) -> list[str]:
    """Ratios of time and of memory to a peer; a bound on the first where the peer was ended before it was done."""
    theirs = record.of(shape, job, who)
    if not theirs or any(one.late for one in record.of(shape, job, "regcli").values()):
        return ["not run" if not theirs else "", ""]
    times = record.ratios(shape, job, who, _seconds)
    if any(one.late for one in theirs.values()):
        return [f"< {figure(max(times))}", ""]
    return [ranged(times), figure(spread(record.ratios(shape, job, who, lambda one: one.peak or 1))[0])]


def said_of_cv(record: Record) -> Iterator[str]:
    """Whether the goal of cross-validation is met, and how far the peers' least errors are from regcli's."""
    tall = [shape for shape in record.shapes if shape[0] >= 100_000 and shape[1] == WITH_COLUMNS]
    found = [f"{spread(far)[0]:.2f} ({n:,} rows)" for n, p in tall if (far := record.distances((n, p), "cv"))]
    if found:
        yield f"\nThe goal for cross-validation on tall files is {GOAL} times the limit: {', '.join(found)}."
    gaps = []
    for job in ("cv", "classes"):
        for who in record.peers(job):
            far = [abs(ratio - 1) for ratio in _least(record, job, who)]
            if far:
                gaps.append(f"{NAMES.get(who, who)}{' on classes' * (job == 'classes')} {100 * max(far):.2g} %")
    if gaps:
        yield f"Each draws its own folds; least errors differ from regcli's by at most: {', '.join(gaps)}."


def _least(record: Record, job: str, who: str) -> Iterator[float]:
    for shape in record.shapes:
        ours, theirs = record.of(shape, job, "regcli"), record.of(shape, job, who)
        for turn in ours.keys() & theirs.keys():
            if ours[turn].least and theirs[turn].least:
                yield theirs[turn].least / ours[turn].least


def ranged(values: Sequence[float]) -> str:
    """Median, lowest and highest."""
    if not values:
        return ""
    middle, low, high = spread(values)
    return figure(middle) if len(values) == 1 else f"{figure(middle)} ({figure(low)} to {figure(high)})"


def figure(number: float) -> str:
    """Two or three digits that matter."""
    return f"{number:.2f}" if number < 10 else f"{number:.1f}" if number < 100 else f"{number:,.0f}"


def _seconds(one: Measured) -> float:
    assert one.seconds is not None
    return one.seconds


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
