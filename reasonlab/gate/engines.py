"""Where chains are judged: in this process, in several, or on a Ray cluster. The results and their order are the same.

A chain's verdicts depend on nothing but the chain, so work is handed out in chunks of any size, and as many chunks are
under way as keep the workers busy: memory does not grow with the number of chains.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from itertools import islice
from typing import Any

from reasonlab.gate.questions import Asking
from reasonlab.gate.records import Result, Work, verify_record, verify_records

CHUNK = 64  # records handed to a worker at a time; results do not depend on it

Engine = Callable[[Iterator[Work], Asking, int, ExitStack], Iterator[Result]]


def local(work: Iterator[Work], asking: Asking, jobs: int, stack: ExitStack) -> Iterator[Result]:
    """In this process, each record as soon as it is there; or in `jobs` processes."""
    if jobs == 1:
        return (verify_record(item, asking) for item in work)
    pool = ProcessPoolExecutor(jobs, initializer=_serve)
    stack.callback(pool.shutdown, wait=True, cancel_futures=True)
    return _in_order(
        work, lambda chunk: pool.submit(verify_records, chunk, asking), lambda future: future.result(), jobs
    )


def ray(work: Iterator[Work], asking: Asking, jobs: int, stack: ExitStack) -> Iterator[Result]:
    """On the cluster that $RAY_ADDRESS names, or on one started here with `jobs` workers for as long as this takes."""
    import logging

    import ray as cluster

    if not cluster.is_initialized():
        address = os.environ.get("RAY_ADDRESS")
        size = {} if address else {"num_cpus": jobs, "include_dashboard": False}
        cluster.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **size)
        stack.callback(cluster.shutdown)
    task = cluster.remote(verify_records)
    return _in_order(work, lambda chunk: task.remote(chunk, asking), cluster.get, jobs)


ENGINES: dict[str, Engine] = {"local": local, "ray": ray}


def _in_order(
    work: Iterator[Work], start: Callable[[Sequence[Work]], Any], wait: Callable[[Any], list[Result]], jobs: int
) -> Iterator[Result]:
    """The results in the order of the work: `start` begins on a chunk, `wait` returns what came of it."""
    running: deque[Any] = deque()
    while True:
        while len(running) < 2 * jobs + 1 and (chunk := list(islice(work, CHUNK))):
            running.append(start(chunk))
        if not running:
            return
        yield from wait(running.popleft())


def _serve() -> None:
    """Makes a process a worker: it lives no shorter and no longer than its parent wants it to."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends its workers in order
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A parent that was killed cannot end its workers, and they would wait for work for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
