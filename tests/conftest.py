"""Two workers share two cores, so each computes on one thread: torch's second threads only took time from the other
worker, and the suite five times as long. Set before anything imports torch."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
