"""An SVG made a PNG by whatever of the machine can do it (转成图片); nothing is bundled for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from jcbot.errors import JcbotError

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH, HEIGHT = 2480, 3508
"""Pixels of A4 at 300 a inch."""
LONGEST_S = 60
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class NoRendererError(JcbotError):
    """Nothing on this machine draws it; says what to print instead, or to install."""


def render(svg: str, file: Path) -> None:
    """Write the SVG as an A4 PNG of 300 dots an inch; `NoRendererError`."""
    if _lacks_letters():
        raise NoRendererError("这台机器上没有中文字体（Debian 上装 fonts-noto-cjk）")
    found = [(shutil.which(name), command) for name, command in _PROGRAMS.items()]
    for path, command in found:
        if path is not None and _run(path, command, svg, file):
            return
    raise NoRendererError("这台机器上没有能转图片的程序（Debian 上装 librsvg2-bin）")


def _lacks_letters() -> bool:
    """Whether it is known that there is no font with Chinese characters."""
    lister = shutil.which("fc-list")
    if lister is None:
        return False
    done = subprocess.run(  # noqa: S603 - a program of the machine, our own words
        [lister, ":lang=zh"], capture_output=True, timeout=LONGEST_S, check=False
    )
    return done.returncode == 0 and not done.stdout.strip()


def _run(path: str, command: Callable[[str, str], list[str]], svg: str, file: Path) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "poster.svg", Path(folder) / "poster.png"
        source.write_text(svg, encoding="utf-8")
        try:
            subprocess.run(  # noqa: S603 - a program of the machine, our own words
                [path, *command(str(source), str(made))],
                capture_output=True, timeout=LONGEST_S, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return False
        if not made.exists():
            return False
        shutil.copyfile(made, file)
        return True


def _rsvg(source: str, made: str) -> list[str]:
    return ["-w", str(WIDTH), "-h", str(HEIGHT), "-f", "png", "-o", made, source]


def _inkscape(source: str, made: str) -> list[str]:
    return [source, "--export-type=png", f"--export-filename={made}", "-w", str(WIDTH)]


def _browser(source: str, made: str) -> list[str]:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return [
        "--headless", "--disable-gpu", "--hide-scrollbars", *sandbox,
        f"--user-data-dir={Path(made).parent / 'profile'}",
        "--force-device-scale-factor=3.125", "--window-size=794,1123",
        f"--screenshot={made}", Path(source).as_uri(),
    ]  # fmt: skip


_PROGRAMS = {"rsvg-convert": _rsvg, "inkscape": _inkscape, **dict.fromkeys(BROWSERS, _browser)}
