"""Where the config file is, and whether it may be read."""

import os
import stat
from pathlib import Path

from connmon_shared.access import trust

ENVIRONMENT = "CONNMON_CONFIG"


def config_file() -> Path | None:
    """Return where the config file is: `$CONNMON_CONFIG`, else in the user's configuration.

    None if that is set to nothing, or nobody knows a home: then there is none. Root's is in
    root's own home: sudo may have left `$HOME` as the caller's.
    """
    named = os.environ.get(ENVIRONMENT)
    if named is not None:
        return Path(named).absolute() if named else None
    base = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    if not base.is_absolute():
        base = home() / ".config"
    return base / "connmon" / "config.toml" if base.is_absolute() else None


def home() -> Path:
    """Return the user's home; a path that is not absolute if there is none."""
    return Path(os.path.expanduser("~root" if trust.user() == 0 else "~"))  # noqa: PTH111 - no error


def read_config(path: Path) -> str | None:
    """Return the text of `path`; root's no other user can have written.

    None: there is no such file, and nobody has named it.

    Raises:
        TrustError: it cannot be read, or must not be.
    """
    try:
        real = path.resolve(strict=True)
        if trust.user() == 0:
            for folder in (*path.parents, *real.parents):
                _refuse_open(folder)
        return trust.read(real, trust.WRITING if trust.user() == 0 else stat.S_IWOTH)
    except (FileNotFoundError, NotADirectoryError):
        if ENVIRONMENT in os.environ:
            raise trust.TrustError(f"there is no {path}, which ${ENVIRONMENT} names") from None
        return None
    except (OSError, RuntimeError) as error:  # the latter: links in a circle (Python < 3.13)
        why = error.strerror if isinstance(error, OSError) else "links in a circle"
        raise trust.TrustError(f"cannot read {path}: {why}") from error


def _refuse_open(folder: Path) -> None:
    """Refuse a folder in which others could put another file in the place of ours."""
    found = folder.stat()
    sticky = found.st_uid == 0 and found.st_mode & stat.S_ISVTX
    trust.refuse_open(folder, found, 0 if sticky else trust.WRITING)
