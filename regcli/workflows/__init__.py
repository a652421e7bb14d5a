"""The verbs: requests in, a `Report` out. Nothing here prints, so the command line and Python share it."""

from regcli.workflows.cv import cv
from regcli.workflows.fit import fit
from regcli.workflows.path import path

__all__ = ["cv", "fit", "path"]
