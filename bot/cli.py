"""The command `jcbot` (命令行): each command is a few lines over what does the work.

What a command needs is imported when it runs: `jcbot understand` should not wait for a web
server, nor `jcbot serve` for the terminal's paint.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from jcbot.errors import JcbotError
from knowledge.reading import ROOT, KnowledgeError

app = typer.Typer(
    help="晋城职业技能政策的微信机器人。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="配置文件（TOML）；不写就用 ./config.toml")
]


def main() -> None:
    """Run the command line; every fault we know of is one sentence and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    try:
        app()
    except (JcbotError, KnowledgeError) as fault:
        sys.stderr.write(f"{fault}\n")
        sys.exit(1)
    except BrokenPipeError:
        # Whoever read our output went away; nothing is wrong with us.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _load(name: str) -> Any:
    """Import a module of this project now, not at the start."""
    return import_module(name)


@app.command(help="不用任何准备就能看到效果：自带数据库和密钥，启动后直接聊天。")
def demo(config: ConfigFile = None) -> None:
    """Run the product with its own database and keys, and talk to it."""
    sys.exit(_load("bot.demo").run(config))


@app.command(help="启动正式服务：微信接口 /wechat，运行状况 /healthz /readyz /metrics。")
def serve(config: ConfigFile = None) -> None:
    """Run the service until SIGTERM or SIGINT."""
    settings = _load("jcbot.config").load_config(config)
    if settings.server.workers > 1:
        _load("bot.workers").share_figures()
    sys.exit(_load("bot.serve").run(settings))


@app.command(help="派送通知的进程：开班提醒、候补递补、结果；可以开几个，每条只发一次。")
def deliver(config: ConfigFile = None) -> None:
    """Deliver what is promised, until SIGTERM or SIGINT."""
    sys.exit(_load("bot.deliver").run(_load("jcbot.config").load_config(config)))


@app.command(help="在终端里和机器人聊天；/help 看都能发什么。")
def chat(
    config: ConfigFile = None,
    script: Annotated[Path | None, typer.Option(help="回放这个对话脚本，有出入就返回1")] = None,
    *,
    update: Annotated[bool, typer.Option("--update", help="把实际的回复写回脚本")] = False,
) -> None:
    """Talk through the simulator with the running service, or replay a transcript."""
    sys.exit(_load("bot.chat").run(config, script, update=update))


@app.command(help="标准输入一行一句话，每行输出一个 JSON：意图、主题、事实。")
def understand(config: ConfigFile = None) -> None:
    """Print what each line of standard input is understood to mean."""
    sys.exit(_load("bot.lines").understand(config, sys.stdin.buffer))


@app.command(help="标准输入一行一个 JSON 的事实，每行输出一个 JSON 的测算结果；有一行不对就返回1。")
def estimate(
    config: ConfigFile = None,
    on: Annotated[str, typer.Option("--on", help="把哪天当作今天，例如 2026-11-23")] = "",
) -> None:
    """Print the outcome for each line of facts on standard input."""
    day = _load("knowledge.fact_values").iso_date(on) if on else None
    if on and day is None:
        raise typer.BadParameter("日期写成 2026-11-23 这样", param_hint="--on")
    sys.exit(_load("bot.lines").estimate(config, sys.stdin.buffer, day))


@app.command(help="用一份标好的话（JSONL：text、intent、topic、facts、accept）考一考听懂了多少。")
def evaluate(
    file: Annotated[Path, typer.Argument(help="一行一个 JSON")],
    config: ConfigFile = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON，可留作以后比较")] = False,
    compare: Annotated[Path | None, typer.Option(help="以前的 --json 输出，并排看变化")] = None,
) -> None:
    """Print how well a file of messages is understood."""
    sys.exit(_load("bot.evaluate").run(config, file, compare, as_json=as_json))


@app.command(
    help="不写文件：列出没听懂的话（JSONL，已打码），填上 intent、topic；写文件：看效果，再学进去。"
)
def learn(
    file: Annotated[Path | None, typer.Argument(help="填好的 JSONL")] = None,
    config: ConfigFile = None,
    *,
    check: Annotated[Path | None, typer.Option(help="再用这份标好的话考一考，看前后变化")] = None,
    folder: Annotated[Path, typer.Option(help="例句文件夹")] = ROOT / "intents",
    yes: Annotated[bool, typer.Option("--yes", help="看过效果就写，不再问")] = False,
) -> None:
    """List what was not understood, or take corrections back into the sentence files."""
    sys.exit(_load("bot.learn").run(config, file, folder, check, yes=yes))


@app.command(help="检查配置和 knowledge/ 下的全部文件，一处毛病一句话；有毛病就返回1。")
def check(config: ConfigFile = None) -> None:
    """Say what is wrong with settings and knowledge."""
    sys.exit(_load("bot.check").run(config))


REST_OF_THE_LINE = {"allow_extra_args": True, "ignore_unknown_options": True}
GROUPS = {  # command: (module, help); each module has an `app` of its own
    "people": (
        "bot.people",
        (
            "名册（建档立卡）：import 导入、undo 撤回、count 计数、rotate-keys 换密钥，"
            "export 导出、erase 删除一个人的资料。"
        ),
    ),
    "training": (
        "bot.training",
        "培训班：导入、看班、改名额、取消、移人、登记结果；企业用工：demand、needs。",
    ),
    "announce": (
        "bot.announce",
        "群发通知：FILE --audience 人群 看人数和样子，加 --send 发；status、stop、retry。",
    ),
    "questions": (
        "bot.questions",
        "没听懂、转人工的提问：list 列出，answer 答复，答复发到本人微信。",
    ),
    "wechat": (
        "bot.account",
        "公众号：menu 菜单，qr 二维码，poster 海报，followers、tags 关注的人和标签。",
    ),
    "staff": (
        "bot.staff",
        (
            "账号：add 新建、list 列出、disable 停用、enable 启用、reset-password 重设密码，"
            "wechat 绑微信。"
        ),
    ),
    "audit": (
        "bot.audit",
        "审计日志：verify 核对有没有被动过，list 看最近的。",
    ),
}


def _group(name: str, module: str, told: str) -> None:
    """Register a group of commands; the rest of the line goes to its own module."""

    @app.command(name, help=told, add_help_option=False, context_settings=REST_OF_THE_LINE)
    def hand_over(context: typer.Context) -> None:
        _load(module).app(context.args, prog_name=f"jcbot {name}", standalone_mode=True)


for _name, (_module, _told) in GROUPS.items():
    _group(_name, _module, _told)


if __name__ == "__main__":
    main()
