"""What can be said of a file before anything is fitted: roles, obstacles, suspicious columns."""
