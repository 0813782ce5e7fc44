# Everything that works on this repository is a target here. Paths are relative: they may hold spaces.

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
DATA_DIR ?= .data
export PORT DATA_DIR

BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV_COMPILE = .venv-lock/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
  --generate-hashes --no-strip-extras --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help install run token secret demo walkthrough clean test fuzz bench fmt openapi reference-check revision migrate lock \
        check lint types arch budgets openapi-check migrations-check drift chaos

##@ 开始 Start

help: ## 列出全部目标 / list the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

install: $(STAMP) ## 安装到 .venv，按锁定的哈希 / install into .venv, from the hashed lock

$(STAMP): requirements.txt pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "需要 Python 3.11 或更高 / Python 3.11 or later is needed: make install PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@echo "安装依赖到 $(VENV) / installing into $(VENV) …" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

run: install ## 在本机运行整个平台（PORT= DATA_DIR=）/ the whole platform on this machine
	@$(BIN)/python -m deploy.local.run

token: install ## 打印一个演示令牌 / print a demo token: make token role=clerk
	@$(BIN)/python -m deploy.local.tokens "$(DATA_DIR)" "$(role)"

secret: install ## 打印演示应用的密钥 / print the secret of portal-demo: make secret service=registry
	@$(BIN)/python -m deploy.local.apps "$(DATA_DIR)" "$(service)"

demo: install ## 闭环故事，在 make run 上讲述 / the closed loop, told on what make run has started
	@$(BIN)/python -m deploy.local.story

clean: ## 删除本机数据（DATA_DIR=）/ delete the local data
	@if test -x $(BIN)/python; then $(BIN)/python -m deploy.local.clean "$(DATA_DIR)"; \
	 else rm -rf "$(DATA_DIR)"; fi

##@ 修改 Change

fmt: install ## 格式化并自动修正 / format and autofix
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

openapi: install ## 重新生成 docs/openapi/*.json / write the OpenAPI documents anew
	@$(BIN)/python -m tools.openapi

revision: install ## 新迁移 / new migration: make revision s=registry m="Add opening hours"
	@$(BIN)/python -m tools.revision "$(s)" "$(m)"

migrate: install ## 迁移（地址取自 *_DATABASE_URL）/ migrate: make migrate s=registry
	@$(BIN)/python -m common.migrate "$(or $(s),all)"

lock: ## 更新两份依赖锁 / lock the dependencies anew
	@test -x .venv-lock/bin/uv || { "$(PYTHON)" -m venv .venv-lock && .venv-lock/bin/pip install --quiet uv; }
	@$(UV_COMPILE) --all-extras -o requirements.txt
	@$(UV_COMPILE) --constraint requirements.txt -o deploy/requirements.txt

##@ 检查 Check

check: lint types arch budgets openapi-check reference-check migrations-check drift ## 守门的全部检查 / all that guards the main branch

lint: install ## ruff：规则与格式 / rules and format
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: install ## mypy --strict
	@$(BIN)/mypy

arch: install ## 模块之间的墙 / the walls between modules
	@$(BIN)/lint-imports

budgets: install ## 文件与函数的长度 / lengths of files and functions
	@$(BIN)/python -m tools.budgets

openapi-check: install ## 接口文档与代码一致 / OpenAPI documents match the code
	@$(BIN)/python -m tools.openapi --check

walkthrough: install ## 重写 docs/walkthrough/*.http / write the calls of the story anew
	@WALKTHROUGH=write $(BIN)/pytest -q tests/e2e

reference-check: install ## 文档中的表与代码一致 / tables in the documents match the code
	@$(BIN)/python -m tools.reference --check

migrations-check: install ## 旧版本能与新库并存 / the release before can run on the new database
	@$(BIN)/python -m tools.migrations

drift: install ## 迁移与表定义一致 / migrations match the tables
	@$(BIN)/python -m tools.drift

chaos: install ## 随机杀进程并对账 / kill processes at random, then reckon: make chaos kills=100 keepers=1
	@$(BIN)/python -m tools.chaos --kills $(or $(kills),100) --seed $(or $(seed),1) --stories $(or $(stories),1) $(if $(keepers),--keepers)

test: install ## 全部测试，真实 PostgreSQL / every test, on a real PostgreSQL
	@$(BIN)/pytest -n auto --maxprocesses 4 --dist worksteal $(args)

fuzz: install ## 长时间随机输入 / wild input for every operation, for hours: make fuzz seconds=600 args="-k feedback"
	@FUZZ=1 $(if $(seconds),FUZZ_S=$(seconds)) $(BIN)/pytest -o faulthandler_timeout=7200 tests/contract/test_schemathesis.py $(args)

bench: install ## 速度指标，写入 docs/benchmarks.md / the speed figures
	@$(BIN)/python -m benches $(only)
