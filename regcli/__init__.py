"""regcli: exact, certified regularized regression on CSV files."""

__version__ = "0.1.0"
