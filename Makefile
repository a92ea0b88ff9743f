# The everyday commands. Needs only Python >= 3.11 (with venv), pip and make; uses uv when it is there.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
PIP_FLAGS := --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo chat serve test lint format types check bench lock clean

help: ## 显示这份说明
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

demo: $(VENV)/run.stamp ## 装好一切，起动演示，可以直接对话
	@$(BIN)/jcbot demo

chat: $(VENV)/run.stamp ## 跟正在运行的演示对话
	@$(BIN)/jcbot chat

serve: $(VENV)/run.stamp ## 按 config.toml 起动正式服务
	@$(BIN)/jcbot serve --config config.toml

test: $(VENV)/dev.stamp ## 装好一切，跑全部测试
	@$(BIN)/pytest $(PYTEST_FLAGS)

lint: $(VENV)/dev.stamp ## 查代码风格
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(VENV)/dev.stamp ## 整理代码风格
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(VENV)/dev.stamp ## 查类型
	@$(BIN)/mypy

check: $(VENV)/run.stamp ## 查政策、话术和配置有没有写错
	@$(BIN)/jcbot check

bench: $(VENV)/bench.stamp ## 量速度：一条消息走完全程，与空壳并排
	@$(BIN)/python -m benchmarks

lock: $(VENV)/dev.stamp ## 重做两份依赖锁（要有 uv）
	@for lock in requirements requirements-dev requirements-bench; do \
		extra=; [ $$lock = requirements ] || extra="--extra $${lock#requirements-}"; \
		uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
			--no-header --no-annotate --no-emit-index-url --no-emit-find-links \
			$$extra pyproject.toml -o $$lock.lock >/dev/null; done

clean: ## 删掉装好的环境和演示数据
	@rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache

$(BIN)/python:
	@[ -n "$(PYTHON)" ] || { echo '需要 Python 3.11 或更新的版本，请先安装。'; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo '缺少 venv，请先安装软件包 python3-venv。'; exit 1; }
	@echo '正在准备 Python 环境……'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.lock pyproject.toml | $(BIN)/python
	@echo '正在安装依赖，第一次要一两分钟……'
	@$(call install,requirements.lock)
	@$(BIN)/jcbot check >/dev/null || true  # leaves the table of the understanding in the cache
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo '正在安装依赖和测试工具，第一次要一两分钟……'
	@$(call install,requirements-dev.lock)
	@touch $@

$(VENV)/bench.stamp: requirements-bench.lock $(VENV)/dev.stamp
	@$(call install,requirements-bench.lock)
	@touch $@

# The lock's hashes are checked; the project itself goes in beside it without dependencies.
ifneq ($(UV),)
install = $(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r $(1) \
	&& $(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
else
install = $(BIN)/python -m pip install $(PIP_FLAGS) --use-pep517 --require-hashes -r $(1) \
	&& $(BIN)/python -m pip install $(PIP_FLAGS) --no-deps -e .
endif
