"""What is measured, against what. Each module is a command: `python -m benchmarks.NAME`."""
