"""Who passes over the rows: map pieces of the source to sums, and add. One function, `Engine.total`, is the seam."""
