"""Before any test imports NumPy: one thread of linear algebra, as the command line has it."""

from regcli.cli.threads import suit_threads

suit_threads()
