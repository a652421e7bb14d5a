"""Survival times: the columns that say whether a time is an event's, since when a row is at risk, and in which stratum.

Targets of survival are (n, 4): entry time (-inf where a row is at risk from the start), time, 1 where that is the time
of an event and 0 where the row was only seen so far, and the number of the stratum, from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.data.columns import known
from regcli.data.reading.tidy import number
from regcli.errors import DataError, Notice, UsageError, counted, listed, shortened, visible
from regcli.specs import DataSpec, FamilyName

Array = NDArray[np.float64]
Where = Callable[[Sequence[int]], str]

EVENT_WORDS = frozenset({"true", "t", "1", "yes", "y", "event", "dead", "died", "death", "deceased"})
OTHER_WORDS = frozenset({"false", "f", "0", "no", "n", "censored", "alive", "living"})
TIME, EVENT = 1, 2


@dataclass(frozen=True)
class Survival:
    """The names of these columns, None where there is none; `levels` are the strata that there are, in their order, and
    `codes` says whether a status of 1 and 2 is R's, whose events are 2."""

    event: str | None = None
    entry: str | None = None
    strata: str | None = None
    levels: tuple[str, ...] = ()
    codes: str = "words"

    @property
    def columns(self) -> list[str]:
        """Their names."""
        return list(self.by_option.values())

    @property
    def by_option(self) -> dict[str, str]:
        """The same by the option that names each."""
        named = {"--event": self.event, "--entry": self.entry, "--strata": self.strata}
        return {option: name for option, name in named.items() if name is not None}

    def check_family(self, family: FamilyName) -> None:
        """UsageError where they are given for another family than cox, or are wanting for that."""
        for option in self.by_option:
            if family != "cox":
                raise UsageError(f"{option} cannot act with --family {family}", hint="--family cox")
        if family == "cox" and self.event is None:
            raise UsageError(
                "--family cox needs --event, the column that says which times are those of an event and which rows "
                "were only seen so far",
                hint="--event with its name",
            )

    def learned(self, frame: pd.DataFrame, where: Where) -> tuple[Survival, list[Notice]]:
        """The same with the strata that the rows have, and how events are coded; DataError for other codes than two."""
        cells = frame[self.event]
        labels = _labels(cells)
        found = sorted(set(labels))
        said = []
        codes = "words"
        if found == ["1", "2"]:
            codes = "r"
            said.append(
                Notice("event_codes", f"{visible(str(self.event))} holds 1 and 2: 2 is taken for an event, as R has it")
            )
        else:
            self._check_codes(cells, labels, where)
        levels = () if self.strata is None else tuple(sorted(set(_labels(frame[self.strata])), key=_by_size))
        return replace(self, levels=levels, codes=codes), said

    def _check_codes(self, cells: pd.Series[Any], labels: list[str], where: Where) -> None:
        strange = [i for i, label in enumerate(labels) if label.lower() not in EVENT_WORDS | OTHER_WORDS]
        kinds = sorted({label for label in labels if label.lower() not in OTHER_WORDS}, key=_by_size)
        if not strange:
            return
        counts = pd.Series(labels).value_counts()
        codes = listed([f"{shortened(str(label))} ({count:,})" for label, count in counts.items()])
        if len(set(labels)) > 2:
            what = f"--event: {visible(str(self.event))} holds {counted(len(set(labels)), 'code')}: {codes}"
            raise DataError(
                f"{what}; events of several kinds compete, and cox models one",
                found=f"{shortened(labels[strange[0]])} ({where([strange[0]])})",
                hint=f"a column that is 1 for {shortened(kinds[0])} and 0 for the others",
            )
        raise DataError(
            f"--event: {visible(str(self.event))} holds {codes}: an event is 1, true or yes, what is none 0, false "
            "or no",
            found=f"{shortened(labels[strange[0]])} ({where([strange[0]])})",
            hint="a column that is 1 for an event and 0 for none",
        )

    def targets(self, frame: pd.DataFrame, times: pd.Series[Any], where: Where) -> Array:
        """The targets (n, 4); DataError with the first row whose cells are none."""
        time = times.to_numpy(dtype=np.float64)
        entry = np.full(len(time), -np.inf)
        if self.entry is not None:
            if frame[self.entry].dtype.kind not in "iuf":
                raise DataError(f"--entry: {visible(self.entry)} holds text, not times")
            entry = frame[self.entry].to_numpy(dtype=np.float64)
        _refuse(~np.isfinite(time) | (time < 0), time, str(times.name), "a finite number, 0 or more, for a time", where)
        if self.entry is not None:
            _refuse(~np.isfinite(entry), entry, self.entry, "a finite number, for a time", where)
            _refuse(entry >= time, time, str(times.name), f"later than its {visible(self.entry)}", where)
        strata = self.numbers(frame)
        strange = np.flatnonzero(np.isnan(strata))
        if strange.size:
            raise DataError(
                f"--strata: {visible(str(self.strata))} has a value that the training rows lack, "
                f"{where(strange.tolist())}",
                found=shortened(_labels(frame[self.strata])[strange[0]]),
            )
        return np.column_stack([entry, time, self.events(frame, where), strata])

    def events(self, frame: pd.DataFrame, where: Where) -> Array:
        """1 for rows with their event, 0 for others (n,)."""
        labels = _labels(frame[self.event])
        if self.codes == "r":
            _refuse_codes(labels, {"1", "2"}, str(self.event), where)
            return np.array([label == "2" for label in labels], dtype=np.float64)
        _refuse_codes([label.lower() for label in labels], EVENT_WORDS | OTHER_WORDS, str(self.event), where)
        return np.array([label.lower() in EVENT_WORDS for label in labels], dtype=np.float64)

    def numbers(self, frame: pd.DataFrame) -> Array:
        """The number of each row's stratum (n,), NaN for one that the training rows lack."""
        if self.strata is None:
            return np.zeros(len(frame))
        places = {label: float(i) for i, label in enumerate(self.levels)}
        return np.array([places.get(label, np.nan) for label in _labels(frame[self.strata])])


def survival_of(data: DataSpec, names: Sequence[str], taken: Sequence[str]) -> Survival:
    """The columns that the request names; UsageError for one that is not there, or `taken` for something else."""
    used = list(taken)
    for option, name in (("--event", data.event), ("--entry", data.entry), ("--strata", data.strata)):
        if name is None:
            continue
        known(name, names, option)
        if name in used:
            raise UsageError(f"{option} {shortened(name)}: the column is the target, names rows or says something else")
        used.append(name)
    return Survival(data.event, data.entry, data.strata)


def check_events(y: Array, survival: Survival) -> None:
    """DataError where no row of targets (n, 4) has its event."""
    if not y[:, EVENT].any():
        raise DataError(f"no training row has its event: {visible(str(survival.event))} is 0 in all of them")


def _labels(cells: pd.Series[Any]) -> list[str]:
    """The cells as they are spelled; whole numbers without a point."""
    if cells.dtype.kind in "iuf":
        return [repr(float(value)).removesuffix(".0") for value in cells.tolist()]
    return [str(value) for value in cells.tolist()]


def _by_size(label: str) -> tuple[float, str]:
    value = number(label, ".")
    return (float("inf") if value is None else value, label)


def _refuse(wrong: NDArray[np.bool_], values: Array, name: str, must: str, where: Where) -> None:
    places = np.flatnonzero(wrong)
    if places.size:
        raise DataError(
            f"each cell of {visible(name)} must be {must}, and is not in {where(places.tolist())}",
            found=shortened(f"{values[places[0]]:g}"),
        )


def _refuse_codes(labels: Sequence[str], known_codes: frozenset[str] | set[str], name: str, where: Where) -> None:
    strange = [i for i, label in enumerate(labels) if label not in known_codes]
    if strange:
        raise DataError(
            f"--event: {visible(name)} has a code that the training rows lack, {where(strange)}",
            found=shortened(labels[strange[0]]),
        )
