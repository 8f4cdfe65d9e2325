# One environment serves every target; it is made again when the pinned versions change.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: help install demo test test-slow test-rewards check compiled plain app clean
help:
	@echo "make install    the environment in .venv, which every target makes where it lacks (minutes: torch is large)"
	@echo "make demo       train, verify, look inside, report (under 8 minutes on two cores)"
	@echo "make test       every ordinary test        make test-slow  the long ones too"
	@echo "make check      style, types, imports      make app        the dashboard"
	@echo "make test-rewards  the snippets of docs/rewards.md on the four packages, each in an environment of its own"
	@echo "make compiled   the verifiers' fast lane as machine code: optional, needs a C compiler"
	@echo "make plain      without that again         make clean      without .venv and build/"

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $(READY)

install: $(READY)

demo: $(READY)
	$(BIN)/reasonlab demo

app: $(READY)
	$(BIN)/reasonlab app

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal

test-slow: $(READY)
	$(BIN)/python -m pytest -m "slow and not gpu"

# The snippets of docs/rewards.md on the packages themselves. Their dependencies contradict each other, so each has an
# environment of its own, and the folder is not the repository's root: `import verifiers` would find ours there.
REWARDED := reasoning-gym==0.1.25 trl==1.16.0 inspect-ai==0.3.285 verifiers==0.4.0
test-rewards:
	for package in $(REWARDED); do \
		place=build/rewards/$${package%%=*} && $(PYTHON) -m venv $$place && \
		$$place/bin/python -m pip install --quiet --disable-pip-version-check -e ".[models]" $$package && \
		$$place/bin/python tests/rewards/snippets.py $${package%%=*} || exit 1; \
	done

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest tests/test_imports.py
	rm -rf build/types && mkdir -p build/types/reasonlab
	# mypy wants to see the package as it is imported: three of its parts are top-level folders here.
	ln -s $(CURDIR)/reasonlab/* $(CURDIR)/verifiers $(CURDIR)/probes $(CURDIR)/app build/types/reasonlab/
	cd build/types && $(abspath $(BIN))/mypy --config-file $(CURDIR)/pyproject.toml -p reasonlab

# Python takes a compiled module before the source that it lies beside: `make plain` goes back, and an editor of
# verifiers/fast has to compile again (a test says so).
LANE := $(filter-out verifiers/fast/__init__.py,$(wildcard verifiers/fast/*.py))
compiled: $(READY) plain
	$(BIN)/python -m pip install --quiet --disable-pip-version-check setuptools
	mkdir -p build/lane/reasonlab
	ln -s $(CURDIR)/reasonlab/* $(CURDIR)/verifiers build/lane/reasonlab/
	cd build/lane && $(abspath $(BIN))/python -c "import setuptools, mypyc.build as mypyc; setuptools.setup(name='lane', \
		packages=[], ext_modules=mypyc.mypycify(['--config-file', '$(CURDIR)/pyproject.toml', '--follow-imports=silent', \
		*'$(LANE:%=reasonlab/%)'.split()], group_name='reasonlab.verifiers.fast.lane'))" build_ext --inplace --quiet

plain:
	rm -rf build/lane verifiers/fast/*.so

clean: plain
	rm -rf $(VENV) build
