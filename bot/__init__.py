"""The app: everything that does I/O. Read `workflow.py` first."""
