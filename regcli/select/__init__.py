"""Which model: the alphas of a path, information criteria, folds, cross-validation."""
