"""The verbs, a module each: requests in, a `Report` out. Nothing prints, so the command line and Python share them."""
