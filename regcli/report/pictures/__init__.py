"""The pictures: what is drawn of a path and of a cross-validation. Matplotlib is imported inside functions only."""
