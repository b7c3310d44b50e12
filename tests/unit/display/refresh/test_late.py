import subprocess
import sys

#: Loaded for what no viewer does; each of them brings megabytes.
UNUSED = {"asyncio.events", "ssl", "_hashlib", "subprocess", "tempfile", "unittest.case"}


def loaded_by(source: str) -> set[str]:
    """Return the modules that a Python has loaded that ran `source`."""
    code = f"{source}\nimport sys\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-Ic", code], stdout=subprocess.PIPE, check=True)
    return {*run.stdout.decode().split()}


def test_a_viewer_loads_nothing_large_that_it_does_not_use() -> None:
    loaded = loaded_by(
        "import connmon_display.cli, connmon_display.showing, connmon_display.following.client\n"
        "import connmon_display.refresh.app, connmon_display.refresh.terminal.terminal"
    )
    assert "connmon_display.refresh.terminal.terminal" in loaded
    assert not loaded & UNUSED


def test_what_is_loaded_late_is_there_once_it_is_used() -> None:
    late = (
        "from connmon_display.refresh.terminal.late import loading_late\n"
        "with loading_late('mailbox', 'email', 'email.mime', 'email.mime.text'):\n"
        "    import mailbox\n"
        "    from email.mime import text\n"
        "import calendar"
    )
    brought = {"email.charset", "email.mime.nonmultipart"}
    assert not loaded_by(late) & {*brought, "fcntl"}
    assert loaded_by(f"{late}\ntext.MIMEText, calendar.MONDAY") > brought
    assert "fcntl" in loaded_by(f"{late}\nmailbox.Mailbox")


def test_what_a_module_loaded_late_has_not_is_no_attribute_of_it() -> None:
    late = (
        "from connmon_display.refresh.terminal.late import loading_late\n"
        "with loading_late('mailbox'):\n"
        "    import mailbox\n"
        "assert not hasattr(mailbox, 'nothing')\n"
        "assert mailbox.Mailbox.__module__ == 'mailbox'"
    )
    assert "email" in loaded_by(late)
