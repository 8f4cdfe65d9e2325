"""Many chains through the verifiers: read, judged in any number of processes, counted, gated, and written down.

Nothing here grows with the number of chains, and nothing depends on how many processes judged them.
"""
