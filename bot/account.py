"""`jcbot wechat …`: the account's menu, and QR codes of classes and counties (公众号)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from bot.asking import ask, data_of, draw, with_client
from bot.list_commands import ConfigFile, put
from bot.mirror import pull_followers, pull_tags
from bot.on_database import run_on_database
from bot.posters import poster
from bot.wechat.outcomes import Refused
from jcbot.clock import Clock
from jcbot.config import load_config
from jcbot.training.browsing import details
from knowledge.reading import ROOT, read_toml
from knowledge.wechat import load_wechat

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Awaitable, Callable, Iterator

    from bot.wechat.client import WeChatClient
    from jcbot.config import Config
    from jcbot.storage.database import Database

T = TypeVar("T")
NO_MENU = 46003

app = typer.Typer(
    help="公众号：menu 菜单，qr 培训班和县区的二维码，poster 可以打印的海报，"
    "followers 关注者、tags 标签拉下来。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
menu = typer.Typer(help="公众号的菜单：push 换上、show 看。", no_args_is_help=True)
app.add_typer(menu, name="menu")
app.command(help="做一张A4海报：班名、时间、地点、名额、截止、联系人和二维码。")(poster)


@menu.command(help="把 knowledge/wechat/menu.toml 换上去，代替公众号现在的菜单。")
def push(config: ConfigFile = None) -> None:
    """Put our menu in the place of the account's."""
    buttons = load_wechat().menu
    data_of(ask(load_config(config), lambda client: client.create_menu(buttons)))
    put("菜单已经换上，手机上最多过5分钟看到：")
    for line in _lines([each.as_wechat() for each in buttons]):
        put(line)


@menu.command(help="看公众号现在的菜单，和 knowledge/wechat/menu.toml 一样不一样。")
def show(config: ConfigFile = None) -> None:
    """Print the account's menu as it is now."""
    outcome = ask(load_config(config), lambda client: client.menu())
    if isinstance(outcome, Refused) and outcome.code == NO_MENU:
        put("公众号现在没有菜单。用 jcbot wechat menu push 换上。")
        return
    now = list(_lines(data_of(outcome)["menu"].get("button", [])))
    for line in now:
        put(line)
    ours = list(_lines([each.as_wechat() for each in load_wechat().menu]))
    put("和 knowledge/wechat/menu.toml 一样。" if now == ours else "和 knowledge/wechat/menu.toml 不一样。")  # fmt: skip  # noqa: E501


@app.command(help="做一个二维码：扫了就看到这个培训班，或者这个县区的班。")
def qr(
    number: Annotated[str, typer.Argument(metavar="[CLASS]", help="班级编号")] = "",
    county: Annotated[str, typer.Option("--county", help="县区，例如 高平市")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="文件，.png 或 .svg")] = None,
    config: ConfigFile = None,
) -> None:
    """Have WeChat make a code with our scene, and draw it into a file."""
    settings = load_config(config)
    scene = _scene(settings, number, county)
    file = out or Path(f"{scene}.png")
    if file.suffix.lower() not in (".png", ".svg"):
        raise typer.BadParameter("文件名应当以 .png 或 .svg 结尾", param_hint="--out")
    url = data_of(ask(settings, lambda client: client.create_qr(scene)))["url"]
    draw(url, file)
    put(f"二维码已经写到 {file}（场景 {scene}）。")


@app.command("followers", help="把现在关注公众号的人都拉下来：开通以前就关注的，机器人不知道。")
def followers_(config: ConfigFile = None) -> None:
    """Take over who follows the account."""
    settings = load_config(config)
    many, gone = _pulled(settings, pull_followers)
    put(f"关注的{many}人。" + (f"原来记着、现在没有了的{gone}人，记作不关注了。" if gone else ""))


@app.command("tags", help="把公众号的标签拉下来，群发时可以写 tag(名字)。")
def tags_(config: ConfigFile = None) -> None:
    """Take over who has which tag."""
    found = _pulled(load_config(config), pull_tags)
    if not found:
        put("公众号没有标签。")
    for name, many in found.items():
        put(f"{name}  {many}人")


def _pulled(
    settings: Config, pull: Callable[[Database, WeChatClient, dt.datetime], Awaitable[T]]
) -> T:
    now = Clock(settings.clock.fixed).now()

    async def work(database: Database) -> T:
        return await with_client(settings, lambda client: pull(database, client, now))

    return run_on_database(settings, work)


def _scene(settings: Config, number: str, county: str) -> str:
    """Return the scene; a class or a county that does not exist is refused."""
    if bool(number) == bool(county):
        raise typer.BadParameter("写一个班级编号，或者 --county 县区")
    if number:
        run_on_database(settings, lambda database: database.run(lambda conn: details(conn, number)))
        return f"session_{number}"
    counties = read_toml(ROOT / "counties.toml")
    names = {each: counties.text(each) for each in counties.keys()}  # noqa: SIM118 - a Table
    if county not in (*names, *names.values()):
        raise typer.BadParameter(
            f"没有这个县区；有：{'、'.join(names.values())}", param_hint="--county"
        )
    return f"county_{county}"


def _lines(buttons: list[dict[str, Any]], indent: str = "") -> Iterator[str]:
    for each in buttons:
        under = each.get("sub_button") or []
        yield f"{indent}{each['name']}" + ("" if under else f"  {each.get('key', '')}")
        yield from _lines(under, indent + "  ")
