"""Where a design comes from: rows that are read and held, or passes over rows that memory does not hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from regcli.data.design import Design, build
from regcli.data.engines.budget import ROOM, free, held
from regcli.data.engines.seam import Watch, unwatched
from regcli.data.reading import paths
from regcli.errors import Notice, UsageError
from regcli.select.asking import Engine
from regcli.select.folds import Folds
from regcli.specs import CompareSpec, DataSpec, FoldSpec, ModelSpec, OutputSpec, TrainingSpec, ValidationSpec
from regcli.workflows.folding import folds_of
from regcli.workflows.preparing import Prepared
from regcli.workflows.tuning import engine_for

if TYPE_CHECKING:
    from regcli.workflows.nesting import Parts
    from regcli.workflows.rivals import Inside


@dataclass(frozen=True)
class Request:
    """What a command asks of its rows; `folds` where it makes any, `verb` what it is called, `drawn` the feature, if
    any, over whose rows it draws, `rivals` the models that it compares."""

    verb: str
    data: DataSpec
    model: ModelSpec
    validation: ValidationSpec
    output: OutputSpec
    folds: FoldSpec | None = None
    training: TrainingSpec | None = None
    contrasts: bool = False
    unpenalised: bool = False
    drawn: str | None = None
    rivals: CompareSpec | None = None


@dataclass(frozen=True)
class Gathered:
    """A design, and the folds of its rows with what fits and tests them."""

    design: Design

    def folds(self, folding: FoldSpec) -> tuple[Folds, list[Notice]]:
        """The folds that `folding` asks for, and what is said of them."""
        return folds_of(self.design, folding)

    def engine(self, prepared: Prepared, folds: Folds, folding: FoldSpec, unpenalised: bool = False) -> Engine:
        """What fits and tests the folds."""
        return engine_for(prepared, folds, folding.judge, unpenalised)

    def inside(self) -> Inside:
        """The rows, for models that are compared to be tuned on."""
        from regcli.workflows.rivals import Inside

        return Inside(self.design)

    def parts(self, folds: Folds, intercept: bool) -> Parts:
        """The folds, for those to be tuned and judged in."""
        from regcli.workflows.nesting import HeldParts

        return HeldParts(replace(self.design, lines=list), folds, intercept)


def gather(request: Request, watch: Watch = unwatched) -> Gathered:
    """The rows that `request` asks for, held where memory allows; else passed over, which `watch` hears of."""
    memory = _in_pieces(request.data)
    if memory is not None:
        from regcli.workflows.streams.streamed import streamed

        return streamed(request, memory, watch)
    model = request.model
    return Gathered(
        build(
            request.data, request.validation, model.intercept, request.folds, request.contrasts, request.training,
            family=model.family, balanced=model.class_weight is not None, power=model.power,
        )
    )  # fmt: skip


def _in_pieces(data: DataSpec) -> int | None:
    """How many bytes passes may take, where rows are not to be held; None where they are."""
    named = paths.is_path(data.source) or paths.is_several(data.source)
    for option, given in (("--memory", data.memory), ("--engine dask", data.engine == "dask" or None)):
        if given is not None and not named:
            raise UsageError(f"{option} is for files: these rows are in memory already")
    if data.sample is not None or not named:
        return None
    most = data.most_memory
    if data.engine == "dask":
        return most or int(ROOM * free())
    needed = held(paths.files(data.source))
    if most is not None:
        return None if needed is not None and needed <= most else most
    room = int(ROOM * free())
    return room if needed is not None and needed > room else None
