"""The whole configuration, read strictly from a TOML file and from the environment.

`JCBOT_SECTION__KEY` overrides the file (lists as JSON). `config.example.toml` documents each
setting. A fault is a `ConfigError` naming file or variable, key and what is wrong.
"""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError

from jcbot.errors import ConfigError
from jcbot.settings import (
    Clock,
    Conversation,
    Database,
    Demo,
    Files,
    Human,
    Identity,
    Limits,
    Log,
    Privacy,
    Redis,
    Registry,
    Sending,
    Server,
    Sms,
    WeChat,
)

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails
    from pydantic_settings import PydanticBaseSettingsSource

PREFIX = "JCBOT_"
DEFAULT_FILE = Path("config.toml")
JSON_KEYS = {("privacy", "keys"), ("sending", "subscriptions_long_term")}

# What pydantic calls a fault, in words for an officer; {…} come from its context.
FAULTS = {
    "extra_forbidden": "没有这个设置，是不是写错了",
    "missing": "没有填",
    "bool_parsing": "应当是 true 或 false",
    "bool_type": "应当是 true 或 false",
    "int_parsing": "应当是整数",
    "int_type": "应当是整数",
    "int_from_float": "应当是整数",
    "float_parsing": "应当是数字",
    "float_type": "应当是数字",
    "string_type": "应当是一段文字，要加引号",
    "tuple_type": "应当是一个列表",
    "model_type": "应当是一节，写成 [节名]",
    "model_attributes_type": "应当是一节，写成 [节名]",
    "greater_than": "应当大于{gt}",
    "greater_than_equal": "不能小于{ge}",
    "less_than": "应当小于{lt}",
    "less_than_equal": "不能大于{le}",
    "string_too_long": "太长，最多{max_length}个字",
    "literal_error": "只能是 {expected}",
}


class Config(BaseSettings):
    """All settings. Made by `load_config`; never changes afterwards."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    wechat: WeChat = WeChat()
    database: Database = Database()
    redis: Redis = Redis()
    server: Server = Server()
    privacy: Privacy = Privacy()
    identity: Identity = Identity()
    registry: Registry = Registry()
    sending: Sending = Sending()
    sms: Sms = Sms()
    demo: Demo = Demo()
    clock: Clock = Clock()
    human: Human = Human()
    limits: Limits = Limits()
    conversation: Conversation = Conversation()
    log: Log = Log()
    files: Files = Files()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, which comes in as plain arguments."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    def require_door(self) -> None:
        """Refuse to open the door to WeChat without what it takes; the demo makes its own."""
        needed = ["token"] if self.wechat.mode == "plain" else ["app_id", "token", "aes_key"]
        for key in needed:
            value = getattr(self.wechat, key)
            text = value.get_secret_value() if isinstance(value, SecretStr) else value
            if not text and not self.demo.enabled:
                name = f"{PREFIX}WECHAT__{key.upper()}"
                fault = f"没有填，连不上微信。请写在配置文件里，或者设环境变量 {name}"
                raise ConfigError("", f"wechat.{key}", fault)


def load_config(path: Path | None = None) -> Config:
    """Read `path`, or ./config.toml if there is one, with the environment on top.

    Raises `ConfigError` with one sentence for the first fault found.
    """
    file = path or (DEFAULT_FILE if DEFAULT_FILE.is_file() else None)
    data = _read(file) if file else {}
    _refuse_unknown_sections()
    try:
        return Config(**data)
    except ValidationError as fault:
        raise _explain(fault.errors(include_url=False)[0], data, file) from None
    except SettingsError:
        raise _explain_json() from None


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise ConfigError(str(file), "", "不是 UTF-8 编码") from None
    except OSError:
        raise ConfigError(str(file), "", "找不到或者打不开这个文件") from None
    except tomllib.TOMLDecodeError as fault:
        raise ConfigError(str(file), "", f"格式有误（{fault}）") from None


def _refuse_unknown_sections() -> None:
    """Refuse JCBOT_SECTION__KEY of a section that is none; pydantic would pass it over."""
    for name in sorted(os.environ):
        section, separator, _ = name.upper().removeprefix(PREFIX).partition("__")
        known = section.lower() in Config.model_fields
        if name.upper().startswith(PREFIX) and separator and not known:
            raise ConfigError(f"环境变量 {name}", "", FAULTS["extra_forbidden"])


def _explain(error: ErrorDetails, data: dict[str, Any], file: Path | None) -> ConfigError:
    key = ".".join(str(part) for part in error["loc"][:2])
    variable = PREFIX + key.replace(".", "__").upper()
    in_environment = next((name for name in os.environ if name.upper() == variable), None)
    if in_environment:
        return ConfigError(f"环境变量 {in_environment}", key, _fault(error))
    return ConfigError(str(file) if file and data else "", key, _fault(error))


def _fault(error: ErrorDetails) -> str:
    """Say what is wrong; never shows the value, which may be a secret."""
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        return str(context["error"])
    return FAULTS.get(error["type"], "写得不对").format(**context).replace("' or '", "' 或 '")


def _explain_json() -> ConfigError:
    """Find the variable that should have held JSON; pydantic names only its section."""
    for name in sorted(os.environ):
        section, _, key = name.lower().removeprefix(PREFIX.lower()).partition("__")
        holds_json = (section, key) in JSON_KEYS or (section in Config.model_fields and not key)
        if name.upper().startswith(PREFIX) and holds_json and not _is_json(os.environ[name]):
            return ConfigError(f"环境变量 {name}", "", '列表要写成 JSON，例如 ["a", "b"]')
    return ConfigError("环境变量", "", "有一项读不懂")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
