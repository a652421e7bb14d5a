"""The verbs: requests in, a `Report` out. Nothing here prints, so the command line and Python share it."""

from regcli.workflows.fit import fit

__all__ = ["fit"]
