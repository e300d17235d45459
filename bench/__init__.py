"""The figures we promise, one script each. `make bench` runs all; `python -m bench ingest` one.

Machines differ, and so do their hours. So a figure is a ratio to something bare that is measured in the same run, in turns with it, and the median
of the rounds is taken. Nothing here fails for being slow: the target stands beside the figure.
"""
