"""The run folder and its index: everything a job did, in plain files that outlive the job.

`Run` is a folder (JSON, JSONL, Parquet, safetensors: nothing is pickled), `list_runs` looks over many, `query` reads
them as tables with SQL. Importing this is cheap: pyarrow and duckdb load inside the functions that need them.
"""

from reasonlab.runs.compare import Difference, compare
from reasonlab.runs.folder import Run
from reasonlab.runs.index import Index, query
from reasonlab.runs.listing import RunSummary, list_runs
from reasonlab.runs.lock import sole_writer
from reasonlab.runs.record import FORMAT, STATUSES, RunRecord, default_root

__all__ = [
    "FORMAT",
    "STATUSES",
    "Difference",
    "Index",
    "Run",
    "RunRecord",
    "RunSummary",
    "compare",
    "default_root",
    "list_runs",
    "query",
    "sole_writer",
]
