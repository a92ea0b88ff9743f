"""`jcbot wechat poster …`: an A4 poster with the QR code of a class or a county (海报)."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.asking import CallError, ask, data_of
from bot.list_commands import ConfigFile, put
from bot.on_database import run_on_database
from bot.poster_svg import draw_poster
from bot.rendering import NoRendererError, render
from handlers.posters import of_class, of_county
from jcbot.clock import Clock
from jcbot.config import load_config
from jcbot.errors import JcbotError
from jcbot.training.browsing import details
from jcbot.training.model import OPEN
from knowledge.reading import ROOT, read_toml
from knowledge.replies import load_replies
from knowledge.training import load_training

if TYPE_CHECKING:
    from handlers.posters import Poster
    from jcbot.config import Config

KINDS = (".svg", ".png")
OutFile = Annotated[
    Path | None, typer.Option("--out", help="文件，.svg 或 .png；不写就是 poster_场景.svg")
]


class NoPosterError(JcbotError):
    """The class cannot be signed up for any more."""


def poster(
    number: Annotated[str, typer.Argument(metavar="[CLASS]", help="班级编号")] = "",
    county: Annotated[str, typer.Option("--county", help="县区，例如 高平市")] = "",
    out: OutFile = None,
    config: ConfigFile = None,
) -> None:
    """Draw the poster of a class or a county, with the code that WeChat makes for its scene."""
    settings = load_config(config)
    scene, words = scene_and_words(settings, number, county)
    file = out or Path(f"poster_{scene}.svg")
    if file.suffix.lower() not in KINDS:
        raise typer.BadParameter("文件名应当以 .svg 或 .png 结尾", param_hint="--out")
    url = data_of(ask(settings, lambda client: client.create_qr(scene)))["url"]
    svg = draw_poster(words, url)
    try:
        _write(svg, file)
    except OSError:
        raise CallError(f"写不了文件 {file}。") from None
    put(f"海报已经写到 {file}（A4，场景 {scene}）。打印时选“实际大小”，贴之前先扫一下试试。")


def scene_and_words(settings: Config, number: str, county: str) -> tuple[str, Poster]:
    """Return the scene and what stands on the poster; refused where there is no such thing."""
    if bool(number) == bool(county):
        raise typer.BadParameter("写一个班级编号，或者 --county 县区")
    replies = load_replies(ROOT / "replies")
    if county:
        name = county_of(county)
        return f"county_{name}", of_county(replies, name, settings.human)
    course = run_on_database(
        settings, lambda database: database.run(partial(details, number=number))
    )
    if course.state != OPEN or course.deadline <= Clock(settings.clock.fixed).now():
        raise NoPosterError(f"{number}这个班已经取消或者截止报名了，不用再贴海报。")
    columns = load_training().columns
    return f"session_{number}", of_class(replies, columns, course, settings.human)


def county_of(written: str) -> str:
    """Return a county's official name, also for 高平 and gaoping; refused where it is none."""
    counties = read_toml(ROOT / "counties.toml")
    names = {each: counties.text(each) for each in counties.keys()}  # noqa: SIM118 - a Table
    for key, name in names.items():
        if written in (key, name, name[:2]):
            return name
    raise typer.BadParameter(
        f"没有这个县区；有：{'、'.join(names.values())}", param_hint="--county"
    )


def _write(svg: str, file: Path) -> None:
    """Write the poster; where no picture can be made of it, the SVG beside it."""
    if file.suffix.lower() == ".svg":
        file.write_text(svg, encoding="utf-8")
        return
    try:
        render(svg, file)
    except NoRendererError as fault:
        instead = file.with_suffix(".svg")
        instead.write_text(svg, encoding="utf-8")
        raise NoRendererError(
            f"{fault}。海报已经写成 {instead}，用浏览器打开就能打印，一样清楚。"
        ) from None
