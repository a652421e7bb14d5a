"""What `fit`, `path`, `cv` and `compare` ask of rows that memory does not hold."""
