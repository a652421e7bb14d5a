"""What is said: a report of plain values, and the renderers that print or write it."""
