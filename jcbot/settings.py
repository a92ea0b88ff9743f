"""The sections of the configuration: each setting with its type, its default and its bounds."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator

from jcbot.setting_forms import bearer_token, https_only, is_key, read_moment

AES_KEY_LENGTH = 43
NOTHING = SecretStr("")


Port = Annotated[int, Field(ge=0, le=65535)]


class Section(BaseModel):
    """One table of the file: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class WeChat(Section):
    """[wechat] the official account."""

    app_id: str = ""
    app_secret: SecretStr = NOTHING
    token: SecretStr = NOTHING
    aes_key: SecretStr = NOTHING
    previous_aes_key: SecretStr = NOTHING
    mode: Literal["safe", "plain"] = "safe"
    api_base: str = "https://api.weixin.qq.com"
    api_connect_s: float = Field(default=3, gt=0, le=5)
    api_timeout_s: float = Field(default=10, gt=0, le=10)
    max_clock_skew_s: int = Field(default=300, ge=1, le=600)

    @field_validator("aes_key", "previous_aes_key")
    @classmethod
    def _aes_key(cls, value: SecretStr) -> SecretStr:
        key = value.get_secret_value()
        if key and not (len(key) == AES_KEY_LENGTH and is_key(key + "=")):
            raise ValueError(f"应当是公众平台给的{AES_KEY_LENGTH}个字母或数字")
        return value

    @field_validator("token")
    @classmethod
    def _token(cls, value: SecretStr) -> SecretStr:
        token = value.get_secret_value()
        if token and not (token.isascii() and token.isprintable() and " " not in token):
            raise ValueError("应当是字母和数字，不能有空格")
        return value

    @field_validator("api_base")
    @classmethod
    def _api_base(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("应当以 https:// 开头")
        return value.rstrip("/")


class Database(Section):
    """[database] where everything that must not be lost is kept."""

    url: SecretStr = SecretStr("sqlite:///var/jcbot.db")
    pool_size: int = Field(default=10, ge=1, le=200)

    @field_validator("url")
    @classmethod
    def _url(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        if url == "sqlite://" or (url.startswith("sqlite:///") and len(url) > len("sqlite:///")):
            return value
        if url.startswith("postgresql://") and len(url) > len("postgresql://"):
            return value
        raise ValueError("应当是 sqlite:///文件 或 postgresql://用户:密码@主机/库名")


class Redis(Section):
    """[redis] what may vanish, shared by several processes; empty: kept in this process."""

    url: SecretStr = NOTHING
    prefix: str = "jcbot:"
    timeout_s: float = Field(default=0.2, gt=0, le=0.2)

    @field_validator("url")
    @classmethod
    def _url(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        if url and not url.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("应当以 redis://、rediss:// 或 unix:// 开头，或者留空")
        return value


class Server(Section):
    """[server] where the service listens; an empty admin address means the same as the door's."""

    host: str = "127.0.0.1"
    port: Port = 8080
    workers: int = Field(default=1, ge=1, le=64)
    admin_host: str = ""
    admin_port: Annotated[Port, BeforeValidator(lambda value: value or 0)] = 0


class Privacy(Section):
    """[privacy] keys for what is stored about people; the first of `keys` is the active one."""

    keys: tuple[SecretStr, ...] = ()
    index_key: SecretStr = NOTHING

    @field_validator("keys")
    @classmethod
    def _keys(cls, values: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        names = []
        for value in values:
            name, colon, key = value.get_secret_value().partition(":")
            if not (name and colon and is_key(key)):
                raise ValueError("每一项应当写成 名字:32字节密钥的base64")
            names.append(name)
        if len(set(names)) < len(names):
            raise ValueError("密钥的名字不能重复")
        return values

    @field_validator("index_key")
    @classmethod
    def _index_key(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not is_key(value.get_secret_value()):
            raise ValueError("应当是32字节密钥的base64")
        return value


class Identity(Section):
    """[identity] how often somebody may fail to prove who they are, and what proves it."""

    tries: int = Field(default=5, ge=1, le=20)
    lock_minutes: int = Field(default=15, ge=1, le=1_440)
    misses_per_minute: int = Field(default=100, ge=1, le=10_000)
    ask_phone: bool = True


class Registry(Section):
    """[registry] a city's own registry service; without `url` the imported lists are asked."""

    url: str = ""
    token: SecretStr = NOTHING
    timeout_s: float = Field(default=1.5, gt=0, le=2)

    _url = field_validator("url")(https_only)
    _token = field_validator("token")(bearer_token)


class Sending(Section):
    """[sending] what the courier may do at once, and the ids of the template messages by kind.

    `subscriptions` are those of subscription notices by kind, `subscriptions_long_term` which of
    them are agreed to once for all. An announcement to more than `approval_above` people needs a
    second person.
    """

    enabled: bool = False
    at_once: int = Field(default=5, ge=1, le=50)
    per_second: int = Field(default=50, ge=1, le=10_000)
    templates: dict[str, str] = {}
    subscriptions: dict[str, str] = {}
    subscriptions_long_term: tuple[str, ...] = ()
    approval_above: int = Field(default=500, ge=0, le=1_000_000)


class Sms(Section):
    """[sms] a gateway for text messages; without `url` none are sent, nor more than `per_day`."""

    url: str = ""
    token: SecretStr = NOTHING
    timeout_s: float = Field(default=5, gt=0, le=10)
    sign: str = Field(default="", max_length=20, pattern=r"^[^【】\s]*$")
    per_day: int = Field(default=200, ge=0, le=1_000_000)

    _url = field_validator("url")(https_only)
    _token = field_validator("token")(bearer_token)


class Demo(Section):
    """[demo] decides the simulator and its control addresses."""

    enabled: bool = False


class Clock(Section):
    """[clock] `fixed`: empty, a bare date, or a datetime with offset where the clock starts."""

    fixed: dt.datetime | dt.date | None = None

    @field_validator("fixed", mode="before")
    @classmethod
    def _fixed(cls, value: object) -> dt.date | dt.datetime | None:
        moment = read_moment(value) if isinstance(value, str) else value
        if moment is None:
            return None
        if not isinstance(moment, dt.date):
            raise ValueError("应当是日期（2026-11-23）或带时区的时间（2026-11-23T09:00:00+08:00）")  # noqa: TRY004 -- pydantic reports ValueError only
        if isinstance(moment, dt.datetime) and moment.tzinfo is None:
            raise ValueError("时间要带时区，例如 2026-11-23T09:00:00+08:00")
        if not 2000 <= moment.year <= 2100:  # noqa: PLR2004 -- the years are the meaning
            raise ValueError("年份应当在2000到2100之间")
        return moment


class Human(Section):
    """[human] whom a worker can reach when the bot is not enough."""

    name: str = "人社部门工作人员"
    phone: str = "12333"
    hours: str = "工作日上班时间"
    address: str = ""


class Limits(Section):
    """[limits] bounds that keep the service answering."""

    body_bytes: int = Field(default=65_536, ge=1_024, le=1_048_576)
    header_timeout_s: float = Field(default=10, gt=0, le=30)
    body_timeout_s: float = Field(default=10, gt=0, le=30)
    reply_deadline_s: float = Field(default=4.5, gt=0, lt=5)
    reply_bytes: int = Field(default=2_000, ge=200, le=2_000)
    text_characters: int = Field(default=2_000, ge=50, le=20_000)
    waiting: int = Field(default=500, ge=1, le=100_000)
    inbox_hours: int = Field(default=24, ge=1, le=720)
    stop_s: float = Field(default=10, gt=0, le=60)


class Conversation(Section):
    """[conversation] how long a talk is remembered."""

    keep_days: int = Field(default=30, ge=1, le=365)


class Log(Section):
    """[log] how the log is written."""

    format: Literal["json", "console"] = "json"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Files(Section):
    """[files] where the service may keep caches that can be deleted at any time."""

    cache: str = "var/cache"
