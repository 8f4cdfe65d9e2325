"""One file a command: `Options` (a frozen dataclass, or a union of them for subcommands) and `run(options) -> int`."""
