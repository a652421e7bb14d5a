"""Before any test imports NumPy: one thread of linear algebra, as the command line has it."""

import os

from regcli.cli.threads import suit_threads

suit_threads()
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each process that a test starts compiles the package again
