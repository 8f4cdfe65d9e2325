"""ReasonLab: one `do`, three levels. Importing the package costs nothing: parts load where they are used."""

import os

__version__ = "0.1.0"

# Threads of torch that wait for each other spin by default, and with other work on the cores most of the time is spent
# so: 150 training steps took 2 min with this and did not end in 3 without. It counts if torch is not imported yet.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
