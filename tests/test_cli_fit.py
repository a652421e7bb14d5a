"""`regcli fit` as it is typed: each option acts or is refused, and what is to be typed next works when it is pasted."""

from __future__ import annotations

import inspect
import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from commandline import DIABETES, PROSTATE, check_error, document, fit, pasted, regcli, table, typed_next
from support import DATA

from regcli.cli.commands.fit import fit as command
from regcli.specs import CONVENTIONS

OPTIONS = set(inspect.signature(command).parameters)
COMMAS = "a;b;y\n1,5;2;3\n2,5;1;4,5\n3,5;9;1\n9,1;1;2\n"
GAPS = "a,b,y\n1,2,3\n2,,4\n3,1,9\n4,?,1\n5,7,2\n"
LEVELS = "g,x,y\n1,1,3\n1,4,5\n2,2,1\n2,7,4\n3,3,2\n"
DAYS = "day,x,y\n2024-01-01,1,3\n2024-02-03,4,5\n2023-01-02,2,1\n2022-05-06,7,4\n"
TEXTS = "t,x,y\na,1,3\na,4,5\nb,2,1\nb,7,4\nc,3,2\nd,5,5\na,6,1\n"
PRICES = 'price,x,y\n"1,200",1,3\n"2,300",4,5\n"1,100",2,1\n"4,500",7,4\n'
WEIGHTS = "w,x,y\n1kg,1,3\n4kg,4,5\n2kg,2,1\n7kg,7,4\n"
LATIN = "a,gr\xf6\xdfe,y\n1,2,3\n2,5,4\n3,1,9\n".encode("latin-1")

CLASSES = "a,b,y\n1,2,u\n2,5,v\n3,1,u\n5,2,v\n4,4,u\n7,1,u\n2,6,v\n"
HEART = (DATA / "heart.csv").read_bytes()
TIMES = "-y stop --event event --family cox -x age,year,transplant"
ACTS: dict[str, tuple[str | bytes, str, str]] = {
    "event": (HEART, "-y stop --family cox -a 0.1", "--event event"),
    "entry": (HEART, f"{TIMES} -a 0.1", "--entry start"),
    "strata": (HEART, f"{TIMES} -a 0.1", "--strata surgery"),
    "ties": (HEART, f"{TIMES} -a 0.1", "--ties efron"),
    "power": (DIABETES, "-a 1 --family tweedie", "--power 1.2"),
    "threshold": (DIABETES, "-a 1 --family huber", "--threshold 2"),
    "quantile_level": (PROSTATE, "-y lpsa -a 0.1 --family quantile", "--quantile-level 0.7"),
    "weights": (DIABETES, "-a 1", "--weights age"),
    "offset": (DIABETES, "-a 1", "--offset age"),
    "exposure": (DIABETES, "-a 1 --family poisson", "--exposure age"),
    "family": (DIABETES, "-a 1", "--family poisson"),
    "positive_class": (CLASSES, "-a 0.01", "--positive-class u"),
    "class_weight": (CLASSES, "-a 0.01", "--class-weight balanced"),
    "C": (CLASSES, "--C 1", "--C 2"),
    "keep": (DIABETES, "-a 10", "--keep age"),
    "penalty_factor": (DIABETES, "-a 10", "--penalty-factor bmi=2"),
    "positive": (DIABETES, "-a 1", "--positive"),
    "bounds": (DIABETES, "-a 1", "--bounds bmi=0:2"),
    "source": (DIABETES, "-a 1", ""),
    "target": (DIABETES, "-a 1", "-y bmi"),
    "features": (DIABETES, "-a 1", "-x bmi,bp"),
    "exclude": (DIABETES, "-a 1", "--exclude bmi"),
    "sep": (COMMAS, "-a 0.1 --decimal ,", "--sep ,"),
    "decimal": (COMMAS, "-a 0.1", "--decimal ,"),
    "encoding": (LATIN, "-a 0.1", "--encoding latin-1"),
    "na": (GAPS, "-a 0.1 --missing drop", "--na ?"),
    "missing": (GAPS, "-a 0.1 --na ?", "--missing drop"),
    "categorical": (LEVELS, "-a 0.1", "--categorical g"),
    "numeric": (TEXTS, "-a 0.1", "--numeric t"),
    "id": (DIABETES, "-a 1", "--id age"),
    "reference": (TEXTS, "-a 0.1", "--reference t=a"),
    "min_level_count": (TEXTS, "-a 0.1", "--min-level-count 2"),
    "dates": (DAYS, "-a 0.1", "--dates parts"),
    "formula": (DIABETES, "-a 1", "--formula 'target ~ bmi * bp'"),
    "interactions": (DIABETES, "-a 1", "--interactions"),
    "degree": (DIABETES, "-a 1", "--degree 2"),
    "thousands": (PRICES, "-a 0.1", "--thousands ,"),
    "units": (WEIGHTS, "-a 0.1", "--units w"),
    "header": ("1,5,3\n2,3,4\n3,4,9\n5,1,2\n", "-a 0.1", "--no-header"),
    "skip_lines": (f"a remark\n{LEVELS}", "-a 0.1", "--skip-lines 1"),
    "comment": (f"# a remark\n{LEVELS}", "-a 0.1", "--comment '#'"),
    "bad_rows": (f"{LEVELS}1,2\n", "-a 0.1", "--bad-rows drop"),
    "penalty": (DIABETES, "-a 1", "-p l2"),
    "alpha": (DIABETES, "-a 1", "-a 2"),
    "l1_ratio": (DIABETES, "-p enet -a 1", "--l1-ratio 0.1"),
    "l1": (DIABETES, "-p enet --l1 1 --l2 1", "--l1 2"),
    "l2": (DIABETES, "-p enet --l1 1 --l2 1", "--l2 2"),
    "convention": (DIABETES, "-a 1", "--convention mse"),
    "standardize": (DIABETES, "-a 1", "--no-standardize"),
    "intercept": (DIABETES, "-a 1", "--no-intercept"),
    "solver": (DIABETES, "-a 1", "--solver sklearn"),
    "learning_rate": (DIABETES, "-a 1 --solver gradient", "--learning-rate 0.1"),
    "epochs": (DIABETES, "-a 1 --solver gradient", "--epochs 3"),
    "accelerate": (DIABETES, "-a 1 --solver gradient", "--accelerate"),
    "start": (DIABETES, "-a 1 --solver gradient", "--start 5"),
    "early_stopping": (DIABETES, "-a 1 --solver gradient", "--early-stopping"),
    "validation_size": (PROSTATE, "-y lpsa -a 0 --solver gradient --early-stopping", "--validation-size 0.4"),
    "trace": (DIABETES, "-a 1 --solver gradient", "--trace 100"),
    "test": (DIABETES, "-a 1", f"--test {DIABETES}"),
    "test_size": (DIABETES, "-a 1", "--test-size 0.2"),
    "split_column": (PROSTATE, "-y lpsa -a 1", "--split-column train"),
    "seed": (DIABETES, "-a 1 --test-size 0.2", "--seed 1"),
    "format": (DIABETES, "-a 1", "--format csv"),
    "json": (DIABETES, "-a 1", "--json"),
    "output": (DIABETES, "-a 1", f"-o {os.devnull}"),
    "plot": (DIABETES, "-a 1", f"--plot {os.devnull}.png"),
    "save": (DIABETES, "-a 1", f"--save {os.devnull}"),
    "report": (DIABETES, "-a 1", "--report no-such-folder/report.html"),
    "fitted": (DIABETES, "-a 1", "--fitted /dev/stdout.csv"),
    "order": (DIABETES, "-a 1", "--order file"),
    "quiet": (DIABETES, "-a 1", "-q"),
    "verbose": (DIABETES, "-a 1", "-v"),
    "sample": (DIABETES, "-a 1", "--sample 50"),
    "memory": (DIABETES, "-a 1", "--memory 1MB"),
    "jobs": (DIABETES, "-a 1", "--jobs 0"),
    "engine": (DIABETES, "-a 1 --sample 50", "--engine dask"),
    "scheduler": (DIABETES, "-a 1", "--scheduler tcp://localhost:8786"),
}
"""For each parameter of the command: a file, a command, and words that change what it says."""

LONG = {"-y": "--target", "-x": "--features", "-p": "--penalty", "-a": "--alpha", "-o": "--output"}
SHORT_FLAGS = {"-q": "--quiet", "-v": "--verbose"}

REFUSED: dict[str, tuple[str, bool]] = {
    "-a -1": ("--alpha", False),
    "-a nan": ("--alpha", False),
    "-a inf": ("--alpha", False),
    "-a 1e400": ("--alpha", False),
    "-a one": ("--alpha", False),
    "-p enet --l1 -1 --l2 1": ("--l1", False),
    "-p enet --l1 1 --l2 nan": ("--l2", False),
    "-p enet -a 1 --l1-ratio 1.5": ("--l1-ratio", False),
    "-p enet -a 1 --l1-ratio -0.1": ("--l1-ratio", False),
    "-p enet -a 1 --l1-ratio nan": ("--l1-ratio", False),
    "-a 1 --learning-rate 0.1": ("--learning-rate", True),
    "-a 1 --epochs 1000": ("--epochs", True),
    "-a 1 --accelerate": ("--accelerate", True),
    "-a 1 --start 1": ("--start", True),
    "-a 1 --trace 100": ("--trace", True),
    "-a 1 --early-stopping": ("--early-stopping", False),
    "-a 1 --validation-size 0.2": ("--validation-size", False),
    "-a 1 --solver gradient --validation-size 0.2": ("--validation-size", False),
    "-a 1 --solver gradient --learning-rate 0": ("--learning-rate", False),
    "-a 1 --solver gradient --learning-rate nan": ("--learning-rate", False),
    "-a 1 --solver gradient --learning-rate inf": ("--learning-rate", False),
    "-a 1 --solver gradient --epochs 0": ("--epochs", False),
    "-a 1 --solver gradient --trace 0": ("--trace", False),
    "-a 1 --solver gradient --start inf": ("--start", False),
    "-a 1 --solver gradient --start 1e308": ("--start", True),
    "-a 1 --solver gradient --start ''": ("--start", False),
    "-a 1 --solver gradient --early-stopping --validation-size 1": ("--validation-size", False),
    "-a 1 --solver gradient --early-stopping --validation-size 0.0001": ("--validation-size", False),
    "-a 1 --solver gradient --early-stopping --validation-size 0.999": ("--validation-size", False),
    "-a 1 --solver gradient --seed 1": ("--seed", True),
    "-a 1 --solver gradient --learning-rate 5": ("diverges", False),
    "-p none -a 1": ("--alpha", False),
    "-a 1 --l1-ratio 0.5": ("--l1-ratio", True),
    "-p l2 -a 1 --l1-ratio 0.5": ("--l1-ratio", True),
    "-p none --l1-ratio 0.5": ("--l1-ratio", False),
    "-p enet --l1 1": ("--l2", False),
    "-p enet --l2 1": ("--l1", False),
    "--l1 1 --l2 1": ("--l1", True),
    "-p enet --l1 1 --l2 1 -a 1": ("--alpha", False),
    "-p enet --l1 1 --l2 1 --l1-ratio 0.5": ("--l1-ratio", False),
    "-p laso -a 1": ("lasso", True),
    "-p elastic -a 1": ("elastic", True),
    "-p Ridg -a 1": ("ridge", True),
    "-p xyz -a 1": ("xyz", False),
    "-a 1 --convention glmnt": ("glmnet", True),
    "-a 1 --solver exat": ("exact", True),
    "-a 1 --order sise": ("size", True),
    "-a 1 --missing drp": ("drop", True),
    "-a 1 --missing medain": ("median", True),
    "-a 1 --bad-rows drp": ("drop", True),
    "-a 1 --dates part": ("parts", True),
    "-a 1 --degree 0": ("--degree", False),
    "-a 1 --degree 10": ("--degree", False),
    "-a 1 --min-level-count 0": ("--min-level-count", False),
    "-a 1 --skip-lines -1": ("--skip-lines", False),
    "-a 1 --thousands x": ("--thousands", False),
    "-a 1 --thousands .": ("--thousands", False),
    "-a 1 --reference sex": ("COL=LEVEL", False),
    "-a 1 --reference seks=1": ("seks", False),
    "-a 1 --categorical sx": ("sx", False),
    "-a 1 --units prise": ("prise", False),
    "-a 1 --categorical sex --numeric sex": ("--categorical and --numeric", False),
    "-a 1 --id target": ("--id", False),
    "-a 1 --formula target": ("TARGET ~ TERMS", False),
    "-a 1 --formula 'target ~ bmi' --degree 2": ("--degree", False),
    "-a 1 --save m.json -o m.json": ("--save and --output", False),
    "-a 1 --fitted m.xlsx": ("--fitted", False),
    "-a 1 --format jsn": ("json", True),
    "-a 1 --format markdwn": ("markdown", True),
    "-a 1 --json --format csv": ("--json", False),
    "-a 1 -q -v": ("--quiet", False),
    "-a 1 -y tagret": ("tagret", True),
    "-a 1 -y ''": ("--target", False),
    "-a 1 -x bim": ("bim", False),
    "-a 1 -x bmi,pb": ("pb", False),
    "-a 1 --exclude agee": ("agee", False),
    "-a 1 -x 'q*'": ("q*", False),
    "-a 1 --exclude 'q*'": ("q*", False),
    "-a 1 --exclude '*'": ("feature", False),
    "-a 1 -x target": ("target", False),
    "-a 1 -x ''": ("--features", False),
    "-a 1 --exclude target": ("target", False),
    "-a 1 -y s1 --exclude s1": ("s1", False),
    "-a 1 -o out.xyz": ("out.xyz", False),
    "-a 1 --seed 1": ("--seed", False),
    "-a 1 --test-size 0.2 --seed -1": ("--seed", False),
    "-a 1 --test-size 0.2 --seed 1.5": ("--seed", False),
    "-a 1 --test-size 0": ("--test-size", False),
    "-a 1 --test-size 1": ("--test-size", False),
    "-a 1 --test-size nan": ("--test-size", False),
    "-a 1 --test-size 0.0001": ("--test-size", True),
    "-a 1 --test-size 0.9999": ("split", True),
    f"-a 1 --test-size 0.2 --test {DIABETES}": ("--test-size", False),
    "-a 1 --test-size 0.2 --split-column sex": ("--split-column", False),
    "-a 1 --split-column sxe": ("sxe", False),
    "-a 1 --split-column target": ("target", False),
    "-a 1 -x sex,bmi --split-column sex": ("sex", False),
    "-a 1 --decimal x": ("--decimal", False),
    "-a 1 --sep ::": ("--sep", False),
    "-a 1 --sep ''": ("--sep", False),
    "-a 1 --decimal , --sep ,": ("--sep", False),
    "-a 1 --encoding klingon": ("klingon", True),
    "-a 1 --keep agee": ("agee", False),
    "-a 1 --keep '*'": ("nothing is penalised", False),
    "--C 1": ("--C", False),
    "--C 1 --family poisson": ("--C", False),
    "--C 0 --family binomial": ("--C", False),
    "--C nan --family binomial": ("--C", False),
    "--C 1 -a 1 --family binomial": ("--alpha", False),
    "--C 1 -p enet --l1 1 --l2 1 --family binomial": ("--l1", False),
    "--C 1 -p none --family binomial": ("--C", False),
    "--C 1 --convention sum --family binomial": ("--convention", False),
    "-a 1 --family tweedie --power 0.9": ("not convex", False),
    "-a 1 --family tweedie --power 2.1": ("not convex", False),
    "-a 1 --family tweedie --power nan": ("--power", False),
    "-a 1 --power 1.5": ("--power cannot act with --family gaussian", True),
    "-a 1 --family gamma --power 1.5": ("--power cannot act with --family gamma", False),
    "-a 1 --threshold 1": ("--threshold cannot act with --family gaussian", True),
    "-a 1 --family quantile --threshold 1": ("--threshold", False),
    "-a 1 --family huber --threshold 0": ("--threshold", False),
    "-a 1 --family huber --threshold inf": ("--threshold", False),
    "-a 1 --quantile-level 0.5": ("--quantile-level cannot act with --family gaussian", True),
    "-a 1 --family quantile --quantile-level 0": ("--quantile-level", False),
    "-a 1 --family quantile --quantile-level 1": ("--quantile-level", False),
    "-a 1 --family quantile --quantile-level x": ("--quantile-level", False),
    "-a 1 --family quantile -p l2": ("no linear program", False),
    "-a 1 --family quantile -p enet": ("no linear program", False),
    "-a 1 --family quantile -p enet --l1-ratio 0.5": ("no linear program", False),
    "-p enet --l1 1 --l2 1 --family quantile": ("no linear program", False),
    "--C 1 --family huber": ("--C", False),
    "-a 1 --family huber --class-weight balanced": ("--class-weight", False),
    "-a 1 --family huber --exposure age": ("--exposure cannot act with --family huber", False),
    "-a 1 --family gamma --positive-class 1": ("--positive-class", False),
    "-a 1 --family huber --convention glmnet": ("glmnet has not", False),
    "-a 1 --family quantile --convention glmnet": ("glmnet has not", False),
    "-a 1 --family gamma --solver gradient": ("--solver gradient", True),
    "-a 1 --family huber --solver sklearn": ("huber", True),
    "-a 1 --family hubr": ("huber", True),
    "-p none --keep age": ("--keep", False),
    "-p none --penalty-factor age=2": ("--penalty-factor", False),
    "-a 1 --penalty-factor age": ("NAME=V", False),
    "-a 1 --penalty-factor age=-1": ("NAME=V", False),
    "-a 1 --penalty-factor age=inf": ("NAME=V", False),
    "-a 1 --penalty-factor 'q*=2'": ("q*", False),
    "-a 1 --keep age --penalty-factor age=2": ("--keep and --penalty-factor", False),
    "-a 1 --bounds age=1": ("NAME=LO:HI", False),
    "-a 1 --bounds age=1:2": ("0 must lie between", False),
    "-a 1 --bounds age=x:2": ("NAME=LO:HI", False),
    "-a 1 --bounds age=nan:2": ("NAME=LO:HI", False),
    "-a 1 --bounds agee=0:": ("agee", False),
    "-p l2 -a 1 --no-such-option": ("--no-such-option", False),
    "-a": ("-a", False),
}
"""Words after `regcli fit diabetes.csv`, what the error names, and whether adding what `Try:` says makes it work."""


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(content: str | bytes) -> str:
        if content in (DIABETES, PROSTATE):
            return str(content)
        path = tmp_path / "t.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


# Each option acts or is refused


def test_no_option_is_left_out_here() -> None:
    """Every parameter of the command has a row above."""
    assert set(ACTS) == OPTIONS


@pytest.mark.parametrize("name", sorted(set(ACTS) - {"source"}))
def test_each_option_acts(name: str, written: Any) -> None:
    """With the option something else is said than without it."""
    content, words, more = ACTS[name]
    source = written(content)
    without, with_it = (fit(source, *shlex.split(line)) for line in (words, f"{words} {more}"))
    assert 0 in (without.code, with_it.code)
    assert (without.code, without.out, without.err) != (with_it.code, with_it.out, with_it.err)


def test_c_stands_in_the_document_and_not_in_what_is_next(tmp_path: Path) -> None:
    """The document holds the C and the alpha that it is; the command for cv has neither."""
    path = tmp_path / "t.csv"
    path.write_text(CLASSES)
    found = document(path, "-p", "l2", "--C", "0.5")
    assert (found["settings"]["C"], found["settings"]["alpha"]) == (0.5, None)
    assert found["model"]["alpha"] == pytest.approx(2 / found["data"]["rows_used"], rel=1e-15)
    assert "--C" not in found["next"] and "--alpha" not in found["next"]
    said = fit(path, "--C", "1e-320")
    check_error(said, 2)
    assert "--C" in said.err and "too large" in said.err


AMOUNTS = "x,y\n1,2\n2,0\n3,4\n4,-1\n5,0\n6,2\n"


@pytest.mark.parametrize(
    ("words", "named", "way_out"),
    [
        ("--family gamma", "above 0, for gamma, and is not in lines 3, 5, 6", "--family gaussian"),
        ("--family tweedie", "0 or more, for tweedie, and is not in line 5", "--family gaussian"),
        ("--family gamma -y x", None, None),
    ],
)
def test_amounts_that_cannot_be(words: str, named: str | None, way_out: str | None, tmp_path: Path) -> None:
    """Zeros and numbers below 0 that a power forbids: their lines, exit 3, and what takes them."""
    path = tmp_path / "t.csv"
    path.write_text(AMOUNTS)
    said = fit(path, "-a", "0.1", *words.split())
    if named is None:
        assert said.code == 0
        return
    check_error(said, 3)
    assert named in said.err and said.hint == way_out
    path.write_text(AMOUNTS.replace("-1", "1"))
    zeros = fit(path, "-a", "0.1", *words.split())
    if "tweedie" in words:
        assert zeros.code == 0
        zeros = fit(path, "-a", "0.1", *words.split(), "--power", "2")
    check_error(zeros, 3)
    assert "lines 3, 6" in zeros.err
    option, value = (zeros.hint or "").split(",")[0].split()
    assert fit(path, "-a", "0.1", "--family", "tweedie", option, value).code == 0


@pytest.mark.parametrize("words", ["fit -a 0.1", "path", "cv --folds 2", "compare --folds 2"])
def test_half_of_the_target_is_one_number(words: str, tmp_path: Path) -> None:
    """Huber has no threshold then: an error of the data, whose way out works."""
    path = tmp_path / "t.csv"
    path.write_text("x,y\n1,2\n2,2\n3,2\n4,1\n5,2\n6,2\n7,2\n8,2\n")
    verb, *more = words.split()
    said = regcli(verb, path, *more, "--family", "huber")
    check_error(said, 3)
    assert "half of the target's values are equal" in said.err
    assert regcli("fit", path, "-a", "0.1", *(said.hint or "").split(",")[0].split()).code == 0


@pytest.mark.parametrize(("short", "long"), [*LONG.items(), *SHORT_FLAGS.items()])
def test_short_options_are_the_long_ones(short: str, long: str) -> None:
    """-y and --target, and so on."""
    values = {"-y": "bmi", "-x": "bp", "-p": "l2", "-a": "3", "-o": os.devnull}
    value = [values[short]] if short in values else []
    rest = [] if short == "-a" else ["--alpha", "1"]
    one, other = (fit(DIABETES, option, *value, *rest) for option in (short, long))
    assert one.code == other.code == 0
    assert one.out == other.out
    assert len(one.err.splitlines()) == len(other.err.splitlines())


@pytest.mark.parametrize("alias", [("lasso", "l1"), ("ridge", "l2"), ("enet", "elasticnet"), ("LASSO", "l1")])
def test_other_names_of_the_penalties(alias: tuple[str, str]) -> None:
    """lasso, ridge and enet are l1, l2 and elasticnet, in any case."""
    assert fit(DIABETES, "-p", alias[0], "-a", 1).out == fit(DIABETES, "-p", alias[1], "-a", 1).out


@pytest.mark.parametrize("words", REFUSED)
def test_wrong_options_are_refused(words: str) -> None:
    """Exit 2, one to three lines, nothing on standard output; a `Try:` that is complete works when it is added."""
    named, works = REFUSED[words]
    said = fit(DIABETES, *shlex.split(words))
    check_error(said, 2)
    assert named in said.err
    if works:
        then = typed_next(said, ["fit", DIABETES, *shlex.split(words)])
        assert then.code == 0, f"{said.err}{then.err}"


@pytest.mark.parametrize(
    ("words", "help_of"), [("ft x.csv", "regcli"), ("fit x --nope", "regcli fit"),
                           ("fit x -a", "regcli fit"), ("fit x -a b", "regcli fit"), ("--nope", "regcli")],
)  # fmt: skip
def test_words_that_typer_refuses(words: str, help_of: str) -> None:
    """The same form as all errors, and the help of the command that was meant."""
    said = regcli(*words.split())
    check_error(said, 2)
    assert said.hint == f"{help_of} --help"


# What is to be typed next works when it is pasted


@pytest.mark.parametrize("penalty", ["l1", "l2", "enet", "enet --l1-ratio 0.9", "enet --l1-ratio 0"])
@pytest.mark.parametrize(
    ("rest", "convention"),
    [
        *(("", convention) for convention in CONVENTIONS),
        ("--no-standardize", "sum"),
        ("--no-intercept", "glmnet"),
        ("-y s1 --exclude target,age -x 's*'", "mean"),
    ],
)
def test_a_missing_alpha_leads_to_a_command(penalty: str, rest: str, convention: str) -> None:
    """Without --alpha: where the strengths end, and a command to paste, which keeps every other option (and is tried on
    a short grid)."""
    words = shlex.split(f"-p {penalty} --convention {convention} {rest}")
    said = fit(DIABETES, *words)
    check_error(said, 2)
    assert said.hint is not None
    chosen = pasted(f"{said.hint} --n-alphas 10")
    assert (chosen["command"], chosen["settings"]["convention"]) == ("cv", convention)
    assert chosen["data"] == document(DIABETES, *words, "--alpha", 1)["data"]
    if "alpha_max" in said.err:
        largest = float(re.search(r"alpha_max = (\S+)", said.err)[1])  # type: ignore[index]  # six digits of it
        for share, zero in ((1.00001, True), (0.99999, False)):
            alpha = f"{share * largest:.17g}"
            assert (document(DIABETES, *words, "--alpha", alpha)["sparsity"]["nonzero"] == 0) is zero
    else:
        assert "-p l2" in f"-p {penalty}" or "--l1-ratio 0" in penalty


@pytest.mark.parametrize("name", ["plain.csv", "two words.csv", "it's.csv", "$HOME;`x`.csv", "a&b|c.csv", "\u6f22.csv"])
def test_commands_are_quoted_for_a_shell(name: str, tmp_path: Path) -> None:
    """File and column names that a shell would take apart survive being pasted."""
    path = table(tmp_path / name, ["a b", "c'd", "$e", "f,g", "h*"])
    said = fit(path, "-x", "f,g", "-x", "a b", "-x", "c'd,$e")
    check_error(said, 2)
    assert typed_next(said, []).code == 0


@pytest.mark.parametrize("words", ["-a 1 --seed 1", "-p none -a 1", "-p enet --l1 1", "-p enet --l2 1"])
def test_hints_of_what_lacks_its_other_half(words: str) -> None:
    """What is missing beside an option, or what it needs, can be added as it is printed."""
    said = fit(DIABETES, *words.split())
    check_error(said, 2)
    assert typed_next(said, ["fit", DIABETES, *words.split()]).code == 0


def test_a_convention_needs_a_strength() -> None:
    """--convention cannot act with --penalty none."""
    check_error(fit(DIABETES, "-p", "none", "--convention", "glmnet"), 2)


def test_least_squares_by_coordinate_descent() -> None:
    """--solver sklearn with --penalty none gives coefficients, and says that it gives no standard errors."""
    found = document(DIABETES, "-p", "none", "--solver", "sklearn")
    assert found["inference"] is None
    assert found["no_inference"]


@pytest.mark.parametrize("penalty", ["l1", "l2"])
def test_next_keeps_every_digit(penalty: str) -> None:
    """The command that fits the chosen model again has the very strength that was chosen."""
    chosen = pasted(document(DIABETES, "-p", penalty, "-a", "1")["next"])
    assert pasted(chosen["next"])["model"]["alpha"] == chosen["model"]["alpha"]


def test_a_file_that_looks_like_an_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """-data.csv, typed after --, is suggested so that it can be typed again."""
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "-data.csv", ["a", "b"])
    said = regcli("fit", "-a", "0.1", "--json", "--", "-data.csv")
    assert pasted(pasted(said.json["next"])["next"])["data"]["features"] == ["a", "b"]


@pytest.mark.parametrize("words", ["-a 0.1", "-p none", "-p l2 -a 1", "-p enet -a 1", "-a 1e9", "-a 1 --test-size .5"])
def test_next_leads_on_and_on(words: str) -> None:
    """The command that a result suggests works, and so does the one that that one suggests; none suggests itself."""
    seen = [f"regcli fit {DIABETES} {words}"]
    for _ in range(4):
        following = pasted(seen[-1])["next"]
        assert following not in seen[-1:]
        seen.append(following)
    assert [line.split()[1] for line in seen[1:]] == ["cv", "fit", "cv", "fit"]
