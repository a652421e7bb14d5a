"""What was typed: options, commands, the one error boundary."""
