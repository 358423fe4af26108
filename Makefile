# Two doors: `make demo` (installs what it needs, runs the main job on the demo county, serves it) and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip install --quiet --disable-pip-version-check --no-input
SERVE  ?= 1
PORT   ?= 8000

.PHONY: demo test coverage lint assets screenshots bench clean help
help:
	@echo "make demo [SERVE=0] [PORT=8000]  安装依赖，用演示县跑完整流程，然后打开网站"
	@echo "make test                        运行全部测试，最后列出没有运行的部分及原因"
	@echo "make coverage                    同上，并统计测试覆盖到的代码行（约慢一倍）"
	@echo "make lint / assets / screenshots / clean"

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "没有找到 Python 3.11：请先安装 python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更新版本，当前是 $$($(PYTHON) --version)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "缺少 venv：请先执行 apt-get install python3.11-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements.lock requirements-build.lock pyproject.toml
	$(PIP) --require-hashes -r requirements-build.lock -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

assets: $(VENV)/.run
	@$(PY) frontend/build_assets.py

demo: $(VENV)/.run assets
	$(PY) -m shouwang.cli demo --serve $(SERVE) --port $(PORT)

test: $(VENV)/.dev assets
	$(PY) tests/run.py

coverage: $(VENV)/.dev assets
	$(PY) tests/run.py --coverage

lint: $(VENV)/.dev
	$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/lint-imports && $(VENV)/bin/mypy

screenshots: $(VENV)/.dev assets
	$(PY) frontend/screenshots.py

clean:
	rm -rf $(VENV) node_modules var src/shouwang/config/static/vendor
