"""What is added up over the pieces of a source: the tasks that an engine carries out."""
