"""Who may import whom, what our code is called, and which calls are never made: read from the syntax trees.

The table below is the rule of the design. A package that is not in it fails the test: a new one states its place first.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {
    "reasonlab": "reasonlab",
    "verifiers": "reasonlab.verifiers",
    "probes": "reasonlab.probes",
    "app": "reasonlab.app",
}
USERS = ("tests", "notebooks", "benchmarks")  # not the package, but they import it under its one name, too
ANYTHING = "anything"


@dataclass(frozen=True)
class Rule:
    """What one package may import besides itself and the standard library.

    Attributes:
        ours: packages of ReasonLab. others: distributions, or ANYTHING.
        lazy: distributions that may be imported inside functions only.
    """

    why: str
    ours: set[str] = field(default_factory=set)
    others: set[str] | str = field(default_factory=set)
    lazy: set[str] = field(default_factory=set)


TENSORS = {"torch", "numpy", "einops", "jaxtyping"}
WORKING = {
    "language",
    "tasks",
    "verifiers",
    "models",
    "compiled",
    "training",
    "decoding",
    "evaluate",
    "probes",
    "runs",
    "faithfulness",
}
# What stands between the packages and the commands.
COMPOSED = {"recipes", "report", "doctor", "gate", "rewards", "extensions"}
WINDOWS = {"app", "cli", "commands"}  # what a person opens; nothing but they may import them

RULES = {
    "": Rule("the package itself: importing it costs nothing"),
    "language": Rule("what everybody says, so it stands on nothing"),
    "extensions": Rule("finds what others add", {"language"}),
    "tasks": Rule("makes problems and their causal graphs", {"language", "extensions"}, {"networkx"}),
    "verifiers": Rule(
        "may not call what made the answer, and needs no torch", {"language"}, {"z3", "sympy", "networkx", "flint"}
    ),
    "models": Rule(
        "computes; knows no task and owns no optimiser",
        {"language"},
        TENSORS | {"transformer_lens", "transformers", "tokenizers", "safetensors"},
    ),
    "runs": Rule("files only: read where nothing else is installed", {"language"}, lazy={"pyarrow", "duckdb"}),
    "compiled": Rule(
        "weights made by hand: a model whose circuit is known, for whoever looks for circuits",
        {"language", "models"},
        TENSORS | {"transformer_lens"},
    ),
    "training": Rule(
        "verified accuracy comes in as a callback", {"language", "tasks", "models", "runs"}, TENSORS | {"safetensors"}
    ),
    "decoding": Rule("owns caches; knows no task", {"language", "models"}, TENSORS),
    "evaluate": Rule(
        "samples and verifies",
        {"language", "tasks", "decoding", "models", "verifiers", "runs"},
        {"numpy"},
        lazy={"torch"},
    ),
    "probes": Rule(
        "look inside, at any model with hooks; the verdict on a chain is not theirs",
        {"language", "tasks", "models", "decoding", "runs"},
        TENSORS | {"transformer_lens"},
    ),
    "faithfulness": Rule(
        "holds world, words and activations together", WORKING, TENSORS | {"networkx", "transformer_lens"}
    ),
    "recipes": Rule("composes tasks, model and loop into one training run", WORKING, TENSORS),
    "report": Rule("shows what the others found", WORKING, ANYTHING),
    "doctor": Rule("asks after everything", WORKING, ANYTHING),
    "gate": Rule("many chains for a pipeline: no torch", {"language", "verifiers"}, lazy={"ray", "cvc5"}),
    "rewards": Rule(
        "imports none of the packages that it adapts to", {"language", "verifiers"}, lazy={"inspect_ai", "anyio"}
    ),
    "cli": Rule("composes", WORKING | WINDOWS | COMPOSED, ANYTHING),
    "commands": Rule("compose", WORKING | WINDOWS | COMPOSED, ANYTHING),
    "app": Rule("owns nothing but views", WORKING | WINDOWS | COMPOSED, ANYTHING),
}

# Text from outside may reach none of these; what they do is done by our own parser, safetensors and JSON.
FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
FORBIDDEN_BUILTINS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_CALLS = {"sympify", "parse_expr"}
FORBIDDEN_ATTRIBUTES = {("torch", "load"), ("os", "system"), ("os", "popen")}
FORBIDDEN_FLAGS = {"shell", "allow_pickle"}


@dataclass(frozen=True)
class Import:
    """One imported module, absolute, and whether the import is inside a function."""

    module: str
    line: int
    lazy: bool


def imports_of(tree: ast.AST, module: str, is_package: bool) -> list[Import]:
    """Every import in a module called `module`, relative ones resolved, `from a import b` as `a.b`."""
    found = []

    def visit(node: ast.AST, lazy: bool) -> None:
        if isinstance(node, ast.Import):
            found.extend(Import(alias.name, node.lineno, lazy) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".") if is_package else module.split(".")[:-1]
                parts = parts[: len(parts) - node.level + 1]
                base = ".".join([*parts, base] if base else parts)
            found.extend(Import(f"{base}.{alias.name}", node.lineno, lazy) for alias in node.names)
        inside = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _for_types_only(node)
        for child in ast.iter_child_nodes(node):
            visit(child, inside)

    visit(tree, False)
    return found


def _for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def package_of(module: str) -> str:
    """`reasonlab.runs.index` -> `runs`; `reasonlab` -> ''."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def import_faults(source: str, module: str, is_package: bool = False) -> list[str]:
    """What a module of the package imports against the rules."""
    here = package_of(module)
    if here not in RULES:
        return [f"package {here!r} has no rule; state in RULES what it may import, and why"]
    rule, faults = RULES[here], []
    for item in imports_of(ast.parse(source), module, is_package):
        top = item.module.split(".")[0]
        if top == "reasonlab":
            there = package_of(item.module)
            # `from reasonlab import __version__` names no package.
            if there not in {here, "", "__version__"} | rule.ours:
                faults.append(f"line {item.line}: {here} may not import {there}: {rule.why}")
        elif top in FOLDERS:
            faults.append(f"line {item.line}: {top} is called {FOLDERS[top]}")
        elif top in rule.lazy and not item.lazy:
            faults.append(f"line {item.line}: {here} imports {top} inside functions only: {rule.why}")
        elif top not in sys.stdlib_module_names and rule.others != ANYTHING and top not in rule.lazy | set(rule.others):
            faults.append(f"line {item.line}: {here} may not import {top}: {rule.why}")
    return faults


def name_faults(source: str) -> list[str]:
    """Imports of our own code under another name than reasonlab.*: they would make second copies of its classes."""
    found = [(item, item.module.split(".")[0]) for item in imports_of(ast.parse(source), "x", False)]
    return [
        f"line {item.line}: {top} is called {FOLDERS[top]}"
        for item, top in found
        if top in FOLDERS.keys() - {"reasonlab"}
    ]


def call_faults(source: str) -> list[str]:
    """Calls and imports by which text from outside could become code."""
    tree, faults = ast.parse(source), []
    for item in imports_of(tree, "reasonlab.x", False):
        parts = item.module.split(".")
        if parts[0] in FORBIDDEN_MODULES or parts[-1] in FORBIDDEN_CALLS or tuple(parts) in FORBIDDEN_ATTRIBUTES:
            faults.append(f"line {item.line}: imports {item.module}")
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id in FORBIDDEN_BUILTINS | FORBIDDEN_CALLS:
            faults.append(f"line {node.lineno}: calls {called.id}")
        if isinstance(called, ast.Attribute):
            owner = called.value.id if isinstance(called.value, ast.Name) else None
            builtin = owner == "builtins" and called.attr in FORBIDDEN_BUILTINS
            if builtin or called.attr in FORBIDDEN_CALLS or (owner, called.attr) in FORBIDDEN_ATTRIBUTES:
                faults.append(f"line {node.lineno}: calls {ast.unparse(called)}")
        for word in node.keywords:
            if word.arg in FORBIDDEN_FLAGS and not (isinstance(word.value, ast.Constant) and word.value.value is False):
                faults.append(f"line {node.lineno}: passes {word.arg}")
    return faults


def package_files() -> list[tuple[Path, str, bool]]:
    """Every file of the package with its module's name, and whether it is an __init__."""
    files = []
    for folder, prefix in FOLDERS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = [*prefix.split("."), *path.relative_to(ROOT / folder).with_suffix("").parts]
            is_package = parts[-1] == "__init__"
            files.append((path, ".".join(parts[:-1] if is_package else parts), is_package))
    return files


def user_sources() -> list[tuple[str, str]]:
    """Tests, benchmarks and the code cells of notebooks: (name, source)."""
    sources = []
    for folder in USERS:
        sources += [(str(path.relative_to(ROOT)), path.read_text()) for path in sorted((ROOT / folder).rglob("*.py"))]
        for path in sorted((ROOT / folder).rglob("*.ipynb")):
            if ".ipynb_checkpoints" in path.parts:
                continue
            cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
            lines = [line for cell in cells for line in [*"".join(cell["source"]).splitlines(), ""]]
            code = "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in lines)
            sources.append((str(path.relative_to(ROOT)), code))
    return sources


FILES = package_files()


def test_every_folder_is_read():
    modules = {module for _, module, _ in FILES}
    assert {"reasonlab", "reasonlab.cli", "reasonlab.runs.index", "reasonlab.verifiers", "reasonlab.probes"} <= modules
    assert "tests/test_imports.py" in dict(user_sources())


@pytest.mark.parametrize(("path", "module", "is_package"), FILES, ids=[module for _, module, _ in FILES])
def test_a_module_imports_what_it_may_and_calls_nothing_dangerous(path, module, is_package):
    source = path.read_text()
    assert import_faults(source, module, is_package) + call_faults(source) == []


def test_our_code_has_one_name_everywhere():
    faults = [f"{name}: {fault}" for name, source in user_sources() for fault in name_faults(source)]
    assert faults == []


# The checker itself, on lines that break the rule and lines that keep it.

BAD_IMPORTS = [
    ("import torch", "reasonlab.language.claims"),
    ("import networkx", "reasonlab.language.claims"),
    ("from reasonlab.tasks import scm", "reasonlab.verifiers.logic"),
    ("from reasonlab import tasks", "reasonlab.verifiers.logic"),
    ("import reasonlab.tasks.scm as s", "reasonlab.verifiers.logic"),
    ("from ..tasks import scm", "reasonlab.verifiers.logic"),
    ("from .. import tasks", "reasonlab.verifiers.logic"),
    ("def f():\n    import torch", "reasonlab.verifiers.logic"),
    ("import pyarrow", "reasonlab.runs.tables"),
    ("try:\n    import duckdb\nexcept ImportError:\n    pass", "reasonlab.runs.index"),
    ("class A:\n    import duckdb", "reasonlab.runs.index"),
    ("def f():\n    import torch", "reasonlab.runs.index"),
    ("from reasonlab.commands import runs", "reasonlab.report"),
    ("from reasonlab import cli", "reasonlab.probes.sites"),
    ("import reasonlab.app", "reasonlab.faithfulness.words"),
    ("from reasonlab.verifiers import check", "reasonlab.probes.sites"),
    ("from reasonlab.verifiers import check", "reasonlab.training.loop"),
    ("import streamlit", "reasonlab.models.qwen3"),
    ("import verifiers", "reasonlab.evaluate"),
    ("from probes.sites import Site", "reasonlab.app.view"),
    ("import os", "reasonlab.newcomer.part"),
    ("if TYPE_CHECKING:\n    from reasonlab.tasks import SCM", "reasonlab.verifiers.logic"),
]
GOOD_IMPORTS = [
    ("import os, json.decoder\nfrom . import claims", "reasonlab.language.chains"),
    ("from reasonlab.language.errors import BadInput\nimport z3", "reasonlab.verifiers.logic"),
    ("def f():\n    import pyarrow.parquet as p", "reasonlab.runs.tables"),
    ("if TYPE_CHECKING:\n    import pyarrow", "reasonlab.runs.tables"),
    ("import streamlit, pandas\nfrom reasonlab import tasks", "reasonlab.app.pages.runs"),
    ("from reasonlab import __version__", "reasonlab.runs.record"),
]


@pytest.mark.parametrize(("source", "module"), BAD_IMPORTS)
def test_a_wrong_import_is_caught(source, module):
    assert len(import_faults(source, module)) == 1


@pytest.mark.parametrize(("source", "module"), GOOD_IMPORTS)
def test_a_right_import_is_let_through(source, module):
    assert import_faults(source, module) == []


def test_a_relative_import_in_an_init_counts_from_the_package():
    assert import_faults("from . import index", "reasonlab.runs", is_package=True) == []
    assert len(import_faults("from .. import app", "reasonlab.runs", is_package=True)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "eval('1')",
        "exec(code)",
        "builtins.eval('1')",
        "sympy.sympify(text)",
        "from sympy import sympify as s",
        "from sympy.parsing.sympy_parser import parse_expr",
        "parse_expr(text)",
        "import pickle",
        "def f():\n    from pickle import loads",
        "torch.load(path)",
        "from torch import load",
        "subprocess.run(line, shell=True)",
        "subprocess.run(line, shell=flag)",
        "numpy.load(path, allow_pickle=True)",
        "os.system(line)",
        "__import__('os')",
    ],
)
def test_a_dangerous_call_is_caught(source):
    assert len(call_faults(source)) == 1


@pytest.mark.parametrize(
    "source", ["model.eval()", "re.compile('a')", "run(line, shell=False)", "safetensors.torch.load(b)"]
)
def test_a_harmless_call_is_let_through(source):
    assert call_faults(source) == []


@pytest.mark.parametrize(
    "source", ["import verifiers", "from app.pages import runs", "def f():\n    import probes.sites"]
)
def test_another_name_of_our_code_is_caught(source):
    assert len(name_faults(source)) == 1
    assert name_faults("from reasonlab import verifiers, probes\nimport reasonlab.app") == []


# And once for real: what a process has loaded.


def loaded_by(code: str) -> set[str]:
    """The top-level modules that are in sys.modules after running `code` in a fresh interpreter."""
    script = f"import sys\n{code}\nprint('loaded', *sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT / "tests", timeout=120
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split()[1:])


HEAVY = {"torch", "transformer_lens", "transformers", "streamlit"}
IMPORT_CASES = {
    "reasonlab": HEAVY | {"numpy", "rich", "tyro", "z3", "sympy"},
    "reasonlab.cli": HEAVY | {"numpy", "rich", "tyro", "z3", "sympy"},
    "reasonlab.language": HEAVY | {"numpy", "sympy", "z3"},
    "reasonlab.runs": HEAVY | {"numpy", "pyarrow", "duckdb"},
    "reasonlab.tasks": HEAVY,
    "reasonlab.verifiers": HEAVY,
    "reasonlab.doctor": HEAVY,
}


@pytest.mark.parametrize(("module", "absent"), IMPORT_CASES.items(), ids=IMPORT_CASES)
def test_importing_a_light_part_loads_nothing_heavy(module, absent):
    assert loaded_by(f"import {module}") & absent == set()


@pytest.mark.parametrize("args", [["--help"], ["verify", "--help"], ["runs", "--help"]])
def test_a_light_command_loads_nothing_heavy(args):
    code = f"from reasonlab.cli import main\nassert main({args!r}) == 0"
    assert loaded_by(code) & HEAVY == set()
