"""From columns to the columns of a design: terms, levels, dates, gaps, scaling; learned once, applied to any rows."""
