"""Survival: the partial likelihood of Cox's proportional hazards model, its baseline, and how well it ranks rows."""
