"""What each command does. Each is one module with one function that takes settings and returns an exit code."""
