"""How a program is timed against another: both solve in turn, so that what disturbs the machine
disturbs both.

A contender sets itself up and prints a line of JSON that says what it is. For every line it then
reads it solves once and prints how long that took. At the end of its input it prints what it found.
"""

import json
import os
import sys
import time


def threads():
    """Threads that the linear algebra may use: set by the caller before NumPy is loaded."""
    return int(os.environ.get("OPENBLAS_NUM_THREADS", 0)) or os.cpu_count()


def contend(peer, version, set_up, solve, told, before=lambda problem: None):
    """Takes part in a comparison.

    `set_up()` gives the problem; `before(problem)` is what a solve needs and is not timed;
    `solve(problem)` is what is timed; `told(problem, answer)` is what the report compares, a
    dictionary with `tolerance`, the largest residual reached, and `welfare` by region, or None.
    """
    start = time.perf_counter()
    problem = set_up()
    say({"peer": peer, "version": version, "threads": threads(),
         "setup_seconds": time.perf_counter() - start})
    answer = None
    for _ in sys.stdin:
        before(problem)
        start = time.perf_counter()
        answer = solve(problem)
        say({"seconds": time.perf_counter() - start})
    say(told(problem, answer))


def say(line):
    """A line of JSON, sent at once."""
    sys.__stdout__.write(json.dumps(line) + "\n")
    sys.__stdout__.flush()
