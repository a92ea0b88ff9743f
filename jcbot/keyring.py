"""The keys for what is stored about people: from the settings, or the embedded key file (密钥)."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from jcbot.errors import ConfigError

if TYPE_CHECKING:
    from jcbot.config import Config

KEY_BYTES = 32
ADVICE = "使用 PostgreSQL 时必须填写，几台服务器要填一样的"


@dataclass(frozen=True, slots=True)
class Keyring:
    """32-byte keys by name, the active one first, and the key of the blind index.

    `made` is the key file if this start made one: whoever runs the service has to be told.
    """

    keys: dict[str, bytes] = field(repr=False)
    index_key: bytes = field(repr=False)
    made: Path | None = None


def check_keys(config: Config) -> None:
    """Raise `ConfigError` where only one of the two kinds of key is set."""
    if config.privacy.keys and not config.privacy.index_key.get_secret_value():
        raise ConfigError("", "privacy.index_key", "填了 privacy.keys 就也要填它")


def open_keyring(config: Config) -> Keyring:
    """Return the configured keys; on SQLite without any, those of a file beside the database."""
    check_keys(config)
    privacy = config.privacy
    url = config.database.url.get_secret_value()
    if privacy.keys:
        keys = [key.get_secret_value() for key in privacy.keys]
        return _read(keys, privacy.index_key.get_secret_value())
    if not url.startswith("sqlite:"):
        raise ConfigError("", "privacy.keys", ADVICE)
    name = url.removeprefix("sqlite://").removeprefix("/")
    if name in ("", ":memory:"):
        return _read(*_invent())
    return _from_file(Path(name + ".keys"))


def _from_file(path: Path) -> Keyring:
    """Read the key file, making it with mode 0600 if there is none."""
    made = None
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        keys, index_key = _invent()
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump({"keys": keys, "index_key": index_key}, file)
            file.flush()
            os.fsync(file.fileno())
        made = path if _claim(draft, path) else None
    try:
        data = json.loads(path.read_text(encoding="ascii"))
        ring = _read(data["keys"], data["index_key"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(str(path), "", "密钥文件读不出来，请从备份恢复，不要删除") from None
    return Keyring(ring.keys, ring.index_key, made)


def _claim(draft: Path, path: Path) -> bool:
    """Put the draft in place unless another process was quicker."""
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def _invent() -> tuple[list[str], str]:
    def fresh() -> str:
        return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()

    return [f"k1:{fresh()}"], fresh()


def _read(keys: list[str], index_key: str) -> Keyring:
    pairs = (key.partition(":") for key in keys)
    return Keyring(
        {name: base64.b64decode(value, validate=True) for name, _, value in pairs},
        base64.b64decode(index_key, validate=True),
    )
