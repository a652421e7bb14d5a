"""How good predictions of classes and counts are: measures of rows, of all rows together, and curves of them."""
