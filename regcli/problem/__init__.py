"""What is minimised: families, penalties, conventions, the objective and its certificate."""
