"""Settings: every one documented, the environment on top, each fault told in one sentence."""

from __future__ import annotations

import base64
import datetime as dt
import itertools
import os
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from jcbot.config import Config, load_config
from jcbot.errors import ConfigError

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
KEY = base64.b64encode(b"k" * 32).decode()
AES = base64.b64encode(b"a" * 32).decode().rstrip("=")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.upper().startswith("JCBOT_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "my.toml"


def sections() -> dict[str, type[BaseModel]]:
    found = {}
    for name, field in Config.model_fields.items():
        assert isinstance(field.annotation, type)
        assert issubclass(field.annotation, BaseModel)
        found[name] = field.annotation
    return found


def test_the_example_has_every_setting_with_its_default_and_a_comment() -> None:
    example = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    documented = {name: set(section) for name, section in example.items()}
    assert documented == {name: set(model.model_fields) for name, model in sections().items()}
    assert load_config(EXAMPLE) == Config()
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    for before, line in itertools.pairwise(lines):
        if re.match(r"[a-z_]+ = ", line):
            assert before.startswith("#") or re.match(r"[a-z_]+ = ", before), line


def test_without_a_file_the_defaults_hold_and_config_toml_is_found(tmp_path: Path) -> None:
    assert load_config() == Config()
    (tmp_path / "config.toml").write_text("[server]\nport = 9000", encoding="utf-8")
    assert load_config().server.port == 9000


def test_the_environment_wins_over_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('[server]\nport = 9000\nhost = "::1"\n[human]\nphone = "1"', encoding="utf-8")
    monkeypatch.setenv("JCBOT_SERVER__PORT", "9001")
    monkeypatch.setenv("JCBOT_DEMO__ENABLED", "true")
    monkeypatch.setenv("JCBOT_PRIVACY__KEYS", f'["k1:{KEY}"]')
    monkeypatch.setenv("JCBOT_SERVER__ADMIN_PORT", "")
    monkeypatch.setenv("JCBOT_TEST_DATABASE_URL", "not ours")
    config = load_config(file)
    assert (config.server.port, config.server.host, config.human.phone) == (9001, "::1", "1")
    assert config.demo.enabled
    assert config.privacy.keys[0].get_secret_value() == f"k1:{KEY}"
    assert config.server.admin_port == 0


SHANGHAI = dt.timezone(dt.timedelta(hours=8))
MOMENTS = [
    ('""', None),
    ('"2026-11-23"', dt.date(2026, 11, 23)),
    ("2026-11-23", dt.date(2026, 11, 23)),
    ('"2026-11-23T09:00:00+08:00"', dt.datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)),
    ("2026-11-23T09:00:00+08:00", dt.datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)),
    ('"2026-11-23T01:00:00Z"', dt.datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)),
]


@pytest.mark.parametrize(("written", "meant"), MOMENTS)
def test_the_clock_is_read_in_each_form(file: Path, written: str, meant: object) -> None:
    file.write_text(f"[clock]\nfixed = {written}", encoding="utf-8")
    fixed = load_config(file).clock.fixed
    assert fixed == meant
    assert type(fixed) is type(meant)


# What is written, and the sentence about it.
FAULTS = [
    ("[server]\nprot = 1", "my.toml：server.prot：没有这个设置，是不是写错了"),
    ("[servr]\nport = 1", "my.toml：servr：没有这个设置，是不是写错了"),
    ("[server]\nport = 'x'", "my.toml：server.port：应当是整数"),
    ("[server]\nport = 70000", "my.toml：server.port：不能大于65535"),
    ("server = 1", "my.toml：server：应当是一节，写成 [节名]"),
    ("[server", "my.toml：格式有误"),
    ("[wechat]\nmode = 'open'", "my.toml：wechat.mode：只能是 'safe' 或 'plain'"),
    ("[wechat]\naes_key = 'short'", "my.toml：wechat.aes_key：应当是公众平台给的43个字母或数字"),
    ("[wechat]\nmax_clock_skew_s = 0", "my.toml：wechat.max_clock_skew_s：不能小于1"),
    ("[wechat]\ntoken = 'a b'", "my.toml：wechat.token：应当是字母和数字，不能有空格"),
    ("[wechat]\napi_base = 'ftp://x'", "my.toml：wechat.api_base：应当以 https:// 开头"),
    (
        "[database]\nurl = 'mysql://x'",
        "my.toml：database.url：应当是 sqlite:///文件 或 postgresql://",
    ),
    ("[redis]\nurl = 'http://x'", "my.toml：redis.url：应当以 redis://"),
    ("[privacy]\nkeys = ['k1:abc']", "my.toml：privacy.keys：每一项应当写成"),
    (f"[privacy]\nkeys = ['a:{KEY}', 'a:{KEY}']", "my.toml：privacy.keys：密钥的名字不能重复"),
    ("[privacy]\nindex_key = 'abc'", "my.toml：privacy.index_key：应当是32字节密钥的base64"),
    ("[demo]\nenabled = 'perhaps'", "my.toml：demo.enabled：应当是 true 或 false"),
    ("[clock]\nfixed = 'soon'", "my.toml：clock.fixed：应当是日期"),
    ("[clock]\nfixed = 2026-11-23T09:00:00", "my.toml：clock.fixed：时间要带时区"),
    ("[clock]\nfixed = 3", "my.toml：clock.fixed：应当是日期"),
    ("[clock]\nfixed = '9999-12-31'", "my.toml：clock.fixed：年份应当在2000到2100之间"),
    ("[limits]\nreply_deadline_s = 5", "my.toml：limits.reply_deadline_s：应当小于5"),
]


@pytest.mark.parametrize(("written", "sentence"), FAULTS)
def test_a_fault_in_the_file_is_told(file: Path, written: str, sentence: str) -> None:
    file.write_text(written, encoding="utf-8")
    with pytest.raises(ConfigError) as fault:
        load_config(file)
    assert sentence in fault.value.sentence
    assert "\n" not in fault.value.sentence


ENVIRONMENT = [
    ("JCBOT_SERVER__PORT", "x", "环境变量 JCBOT_SERVER__PORT：server.port：应当是整数"),
    ("JCBOT_SERVER__PROT", "1", "环境变量 JCBOT_SERVER__PROT：server.prot：没有这个设置"),
    ("JCBOT_SERVR__PORT", "1", "环境变量 JCBOT_SERVR__PORT：没有这个设置"),
    ("JCBOT_PRIVACY__KEYS", "k1:abc", "环境变量 JCBOT_PRIVACY__KEYS：列表要写成 JSON"),
    ("JCBOT_SERVER", "{", "环境变量 JCBOT_SERVER：列表要写成 JSON"),
    ("jcbot_clock__fixed", "soon", "环境变量 jcbot_clock__fixed：clock.fixed：应当是日期"),
]


@pytest.mark.parametrize(("name", "value", "sentence"), ENVIRONMENT)
def test_a_fault_in_the_environment_is_told(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as fault:
        load_config()
    assert sentence in fault.value.sentence


@pytest.mark.parametrize("content", [None, b"\xd6\xd0"])
def test_a_file_that_cannot_be_read_is_told(file: Path, content: bytes | None) -> None:
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"my\.toml：(找不到或者打不开这个文件|不是 UTF-8 编码)"):
        load_config(file)


def test_no_secret_is_ever_shown(file: Path) -> None:
    secret = "S3CRET" * 7 + "x"
    file.write_text(
        f"[wechat]\ntoken = '{secret}'\naes_key = '{AES}'\napp_secret = '{secret}'\n"
        f"[database]\nurl = 'postgresql://u:{secret}@h/d'\n[redis]\nurl = 'redis://:{secret}@h'\n"
        f"[privacy]\nindex_key = '{KEY}'\n",
        encoding="utf-8",
    )
    shown = repr(load_config(file)) + str(load_config(file))
    assert not [text for text in (secret, AES, KEY) if text in shown]
    file.write_text(f"[wechat]\naes_key = '{secret}{secret}'", encoding="utf-8")
    with pytest.raises(ConfigError) as fault:
        load_config(file)
    assert secret not in str(fault.value)


DOORS = [
    ("", "wechat.app_id"),
    ("[wechat]\napp_id = 'wx1'", "wechat.token"),
    ("[wechat]\napp_id = 'wx1'\ntoken = 'abc'", "wechat.aes_key"),
    (f"[wechat]\napp_id = 'wx1'\ntoken = 'abc'\naes_key = '{AES}'", ""),
    ("[wechat]\nmode = 'plain'", "wechat.token"),
    ("[wechat]\nmode = 'plain'\ntoken = 'abc'", ""),
    ("[demo]\nenabled = true", ""),
]


@pytest.mark.parametrize(("written", "missing"), DOORS)
def test_the_door_needs_its_keys_unless_it_is_the_demo(
    file: Path, written: str, missing: str
) -> None:
    file.write_text(written, encoding="utf-8")
    config = load_config(file)
    if not missing:
        config.require_door()
        return
    with pytest.raises(ConfigError, match=missing):
        config.require_door()
