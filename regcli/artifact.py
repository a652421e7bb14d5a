"""A model as one JSON document: made, saved, read back, applied to rows. Nothing in such a file is ever executed."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regcli.data.features.dates import Style
from regcli.data.features.encoding import Category, Encoding
from regcli.data.features.terms import Atom, Feature, Polynomial, atom_from_json, atom_to_json
from regcli.data.surviving import Survival
from regcli.errors import DataError, visible
from regcli.problem.families import Family, family_with
from regcli.specs import FAMILIES, MISSING, FamilyName
from regcli.writing import write_whole

if TYPE_CHECKING:
    from regcli.problem.survival.baseline import Baseline

SCHEMA = "regcli.model/1"
NEWEST = 1
UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From a document of an older schema to one of the next: `regcli.model/1` is the first."""
LARGEST = 1 << 30

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """A fitted model, ready to predict.

    It has an output, or K of them for the classes of a multinomial: `centres` (K,) are their linear predictors where
    every feature is at its mean (0 without an intercept), `means` (p,) are those means (zeros without an intercept),
    `table` (K, p) holds the coefficients in the units of the file. `classes` are those of a family that has them, of
    two the negative one first; `null` (K,) is the model without features. `document` is what is saved. `offset` names
    the column that is added to the linear predictors, `exposure` the one whose logarithm is. `parameters` are those of
    its loss. Of survival times `survival` names their columns, and `baseline` is the hazard of a row whose features are
    at their means. `levels` (K,) are those of a fan of quantiles, which has an output for each.
    """

    document: dict[str, Any]
    encoding: Encoding
    target: str
    centres: Vector
    means: Vector
    table: NDArray[np.float64]
    family: FamilyName = "gaussian"
    classes: tuple[str, ...] = ()
    null: Vector = field(default_factory=lambda: np.zeros(1))
    offset: str | None = None
    exposure: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    survival: Survival | None = None
    baseline: Baseline | None = None
    levels: tuple[float, ...] = ()

    @cached_property
    def loss(self) -> Family:
        """The family with its parameters."""
        return family_with(self.family, self.parameters)

    @property
    def centre(self) -> float:
        """Of one output the linear predictor where every feature is at its mean."""
        return float(self.centres[0])

    @property
    def coefficients(self) -> Vector:
        """Of one output the coefficients (p,)."""
        return np.asarray(self.table[0])

    @property
    def several(self) -> bool:
        """Whether there is an output for each class, or for each level of a fan of quantiles."""
        return self.family == "multinomial" or bool(self.levels)

    @property
    def outputs(self) -> tuple[str, ...]:
        """What these are called."""
        return tuple(f"{level:g}" for level in self.levels) or self.classes

    @property
    def spokesman(self) -> int:
        """Of a fan the output that stands for all, that of the level in `parameters`."""
        return self.levels.index(self.parameters["level"])

    @cached_property
    def active(self) -> list[int]:
        """The features whose coefficient is not zero in some output."""
        return [int(j) for j in np.flatnonzero(np.any(self.table != 0, axis=0))]

    @cached_property
    def needed(self) -> Encoding:
        """The encoding of the active features alone."""
        return self.encoding.only(self.active)

    def link(self, frame: pd.DataFrame, offset: Vector | None = None) -> NDArray[np.float64]:
        """Linear predictors (n,), of several classes (n, K), for the rows of a plain frame and their offset (n,); NaN
        where a needed cell is missing and nothing fills it.

        Added up feature by feature, in the order of the document: the same rows give the same bits in any batch.
        """
        out = np.tile(self.centres, (len(frame), 1))
        for j, column in zip(self.active, self.needed.each(frame), strict=True):
            out += self.table[:, j] * (column - self.means[j])[:, None]
        if offset is not None:
            out += offset[:, None]
        return out if self.several else out[:, 0]

    def predict(self, frame: pd.DataFrame, offset: Vector | None = None) -> NDArray[np.float64]:
        """Predictions (n,): numbers, expected counts, or the probability of the positive class; of several classes
        the probability of each (n, K)."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(self.loss.response(self.link(frame, offset)))


def fingerprint(frame: pd.DataFrame, columns: Sequence[str]) -> str:
    """The SHA-256 of the cells of these columns, numbers as doubles: the same for the same rows however written."""
    digest = hashlib.sha256()
    for name in columns:
        cells = frame[name]
        digest.update(json.dumps([name, len(cells)]).encode())
        if cells.dtype.kind in "iuf":
            digest.update(np.ascontiguousarray(cells.to_numpy(dtype=np.float64) + 0.0).tobytes())
        else:
            digest.update(json.dumps(cells.astype(object).where(cells.notna(), None).map(_plain).tolist()).encode())
    return f"sha256:{digest.hexdigest()}"


def _plain(cell: Any) -> Any:
    return None if cell is None else str(cell)


def encoding_to_json(encoding: Encoding) -> dict[str, Any]:
    """An encoding as plain values."""
    return {
        "missing": encoding.missing,
        "features": [
            {"name": one.name, "level": one.level, "factors": [atom_to_json(factor) for factor in one.factors]}
            for one in encoding.features
        ],
        "categories": {
            name: {
                "levels": list(one.levels),
                "lumped": list(one.lumped),
                "boolean": one.boolean,
                "reference": one.reference,
            }
            for name, one in encoding.categories.items()
        },
        "dates": dict(encoding.styles),
        "fills": [{"of": atom_to_json(atom), "value": fill} for atom, fill in encoding.fills.items()],
        "polynomials": [
            {"of": atom_to_json(atom), "centres": list(one.centres), "norms": list(one.norms)}
            for atom, one in encoding.polynomials.items()
        ],
    }  # fmt: skip


def save(document: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Write a model's document, whole or not at all. Raises OutputError."""
    write_whole(os.fspath(path), to_text(document).encode("utf-8", "surrogatepass"))


def to_text(document: Mapping[str, Any]) -> str:
    """The document as JSON text."""
    return json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def load(path: str | os.PathLike[str]) -> Model:
    """The model in a file. Raises DataError where it cannot be read, is none, or is damaged."""
    name = visible(os.fspath(path))
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise DataError(f"cannot read {name}: {visible(reason).lower()}") from None
    if len(content) > LARGEST:
        raise DataError(f"{name} is larger than any model of regcli (1 GiB)")
    if content[:1] == b"\x80" or content[:2] in (b"\x1f\x8b", b"PK"):
        raise DataError(f"{name} is no regcli model but a pickle or an archive, which regcli never opens",
                        hint="regcli fit ... --save model.json")  # fmt: skip
    try:
        document = json.loads(content, parse_constant=_refuse)
        return of_document(document)
    except (ValueError, RecursionError) as error:
        what = str(error).splitlines()[0] if isinstance(error, json.JSONDecodeError) else "damaged"
        raise DataError(
            f"{name} is no regcli model: {visible(what)}", hint="regcli fit ... --save model.json"
        ) from None
    except DataError as error:
        raise DataError(f"{name}: {error.message}", hint=error.hint) from None


def _refuse(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")


def of_document(document: Any) -> Model:
    """The model of a document. Raises DataError where something is missing, of another type, or of a newer schema."""
    if not isinstance(document, dict) or not str(document.get("schema", "")).startswith("regcli.model/"):
        kind = document.get("schema") if isinstance(document, dict) else None
        also = f" (it is {visible(str(kind))})" if isinstance(kind, str) else ""
        raise DataError(f"this is no regcli model{also}", hint="regcli fit ... --save model.json")
    document = _upgraded(document)
    try:
        return _model(document)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise DataError(f"the model is damaged: {type(error).__name__} {visible(str(error))[:80]}",
                        hint="regcli fit ... --save model.json") from None  # fmt: skip


def _upgraded(document: dict[str, Any]) -> dict[str, Any]:
    number = str(document["schema"]).removeprefix("regcli.model/")
    if not number.isascii() or not number.isdigit() or len(number) > 6 or int(number) < 1:
        raise DataError(f"unknown schema {visible(str(document['schema']))}")
    if int(number) > NEWEST:
        version = visible(str(document.get("version", "")))[:20]
        raise DataError(f"the model was made by a newer regcli ({version})", hint="pip install -U regcli")
    for older in range(int(number), NEWEST):
        document = UPGRADES[older](document)
    return document


def _model(document: dict[str, Any]) -> Model:
    encoding = encoding_from_json(document["encoding"])
    model = document["model"]
    _check_settings(document.get("settings", {}))
    family = model["family"]
    if family not in FAMILIES:
        raise DataError(f"unknown family {visible(str(family))}", hint="pip install -U regcli")
    fan = _list(model["fan"]) if family == "quantile" and model.get("fan") else []
    outputs = fan or (_list(model["classes"]) if family == "multinomial" else [model])
    tables = [_list(one["coefficients"]) for one in outputs]
    features = [one.name for one in encoding.features]
    if any([_text(row["name"]) for row in rows] != features for rows in tables) or not tables:
        raise DataError("the model is damaged: its coefficients are not those of its features")
    centred = outputs[0]["intercept"] is not None or family == "cox"
    means = np.array([_number(row["mean"]) if centred else 0.0 for row in tables[0]], dtype=np.float64)
    table = np.array([[_number(row["coefficient"]) for row in rows] for rows in tables], dtype=np.float64)
    centres = np.array([_number(one["centre"]) for one in outputs], dtype=np.float64)
    data = document["data"]
    offset, exposure = (None if data.get(key) is None else _text(data[key]) for key in ("offset", "exposure"))
    classes = _classes(model, family)
    table = table.reshape(len(outputs), len(features))
    null = np.array([_number(one) for one in _list(model.get("null", centres.tolist()))], dtype=np.float64)
    if len(null) != (1 if fan else len(outputs)):
        raise ValueError("not as many null models as outputs")
    survival, baseline = _survival(document) if family == "cox" else (None, None)
    return Model(
        document, encoding, _text(data["target"]), centres, means, table, family, classes, null, offset, exposure,
        _parameters(model, family), survival, baseline, _levels(fan, model),
    )  # fmt: skip


def _survival(document: Mapping[str, Any]) -> tuple[Survival, Baseline]:
    """The columns of survival times, and the baseline hazard of each stratum."""
    from regcli.problem.survival.baseline import Baseline

    data, found = document["data"], document["model"]["baseline"]
    entry, strata = (None if data.get(key) is None else _text(data[key]) for key in ("entry", "strata"))
    rows = [_list(one[key]) for one in _list(found["strata"]) for key in ("times", "log_hazard")]
    numbers = [np.array([_number(value) for value in row], dtype=np.float64) for row in rows]
    times, hazards = tuple(numbers[::2]), tuple(numbers[1::2])
    pairs = list(zip(times, hazards, strict=True))
    if not pairs or any(len(one) != len(other) or np.any(np.diff(one) <= 0) for one, other in pairs):
        raise ValueError("not a baseline")
    levels = () if strata is None else tuple(_text(one["stratum"]) for one in found["strata"])
    if found["codes"] not in ("words", "r"):
        raise ValueError("events are coded in another way")
    return Survival(_text(data["event"]), entry, strata, levels, found["codes"]), Baseline(times, hazards)


def _levels(fan: list[Any], model: Mapping[str, Any]) -> tuple[float, ...]:
    levels = tuple(_number(one["level"]) for one in fan)
    if levels and (sorted(set(levels)) != list(levels) or model["parameters"]["level"] not in levels):
        raise ValueError("not a fan of levels")
    return levels


def _parameters(model: Mapping[str, Any], family: FamilyName) -> dict[str, Any]:
    """What the loss of the family was made with; those of its maker have defaults, and are of the type of these."""
    found = model.get("parameters") or {}
    usual = dict(family_with(family).parameters)
    for name in usual.keys() & found.keys():
        usual[name] = _text(found[name]) if isinstance(usual[name], str) else _number(found[name])
    return usual


def _classes(model: Mapping[str, Any], family: FamilyName) -> tuple[str, ...]:
    """The classes of a family that has them, of two the negative one first."""
    if family in ("binomial", "squared_hinge"):
        found: tuple[Any, ...] = (model["negative_class"], model["positive_class"])
    else:
        found = tuple(one["class"] for one in model["classes"]) if family == "multinomial" else ()
    if len(set(found)) < len(found):
        raise ValueError("a class stands twice")
    return tuple(map(_text, found))


def _check_settings(found: Any) -> None:
    """TypeError where what is read of the settings is not of its type."""
    if not isinstance(found, dict):
        raise TypeError("the settings are no object")
    for key in ("na", "units", "id"):
        if not all(isinstance(item, str) for item in _list(found.get(key, []))):
            raise TypeError(f"{key} is no list of texts")
    for key in ("decimal", "thousands"):
        if not isinstance(found.get(key), str | None):
            raise TypeError(f"{key} is no text")


def encoding_from_json(found: Mapping[str, Any]) -> Encoding:
    """The encoding that plain values stand for; KeyError, TypeError, ValueError or DataError where it is none."""
    if found["missing"] not in MISSING:
        raise ValueError(f"missing is {found['missing']!r}")
    features = tuple(
        Feature(_text(one["name"]), _atoms(one["factors"]), None if one["level"] is None else _text(one["level"]))
        for one in _list(found["features"])
    )
    categories = {_text(name): _category(one) for name, one in found["categories"].items()}
    styles = {_text(name): _style(style) for name, style in found["dates"].items()}
    fills = {atom_from_json(one["of"]): _number(one["value"]) for one in _list(found["fills"])}
    polynomials = {atom_from_json(one["of"]): _polynomial(one) for one in _list(found["polynomials"])}
    encoding = Encoding(features, found["missing"], categories, styles, fills, polynomials)
    encoding.check()
    return encoding


def _atoms(found: Any) -> tuple[Atom, ...]:
    atoms = tuple(map(atom_from_json, _list(found)))
    if not atoms:
        raise ValueError("a feature without factors")
    return atoms


def _category(found: Mapping[str, Any]) -> Category:
    reference = found["reference"]
    return Category(
        tuple(map(_text, _list(found["levels"]))),
        tuple(map(_text, _list(found["lumped"]))),
        bool(found["boolean"]),
        None if reference is None else _text(reference),
    )


def _polynomial(found: Mapping[str, Any]) -> Polynomial:
    centres, norms = (tuple(map(_number, _list(found[key]))) for key in ("centres", "norms"))
    if len(norms) != len(centres) + 2 or any(norm <= 0 for norm in norms[:2]) or any(norm < 0 for norm in norms):
        raise ValueError("not a polynomial")
    return Polynomial(centres, norms)


def _style(found: Any) -> Style:
    if found not in get_args(Style):
        raise ValueError(f"dates are written {found!r}")
    return cast(Style, found)


def _text(found: Any) -> str:
    if not isinstance(found, str):
        raise TypeError(f"{found!r} is no text")
    return found


def _number(found: Any) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise TypeError(f"{found!r} is no number")
    return float(found)


def _list(found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise TypeError(f"{found!r:.40} is no list")
    return found
