"""``shouwang …``: the law and the invented people in the base install; the offices with ``[web]``."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import click

from shouwang.cli import law, nation, people, simulating
from shouwang.cli.lawbook import lawbook
from shouwang.cli.mistakes import told, told_by_offices
from shouwang.config.start import WebNotInstalled


class Commands(click.Group):
    """Turns the errors that a person at the keyboard can mend into one Chinese sentence and exit code 1."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the words before the command."""
        try:
            return super().make_context(*args, **extra)
        except click.ClickException as mistake:
            _end(mistake)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a mistake of the person or a missing part of the install is told, not traced."""
        try:
            return super().invoke(ctx)
        except WebNotInstalled as missing:
            click.echo(str(missing), err=True)
            sys.exit(1)
        except click.ClickException as mistake:
            _end(mistake)
        except Exception as error:
            sentence = told_by_offices(error)
            if sentence is None:
                raise
            click.echo(f"错误：{sentence}", err=True)
            sys.exit(1)


def _end(mistake: click.ClickException) -> NoReturn:
    if isinstance(mistake, click.exceptions.NoArgsIsHelpError):
        raise mistake
    click.echo(f"错误：{told(mistake)}", err=True)
    sys.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="shouwang")
def main() -> None:
    """守望：农村低收入人口动态监测与分层分类救助。"""


main.add_command(law.evaluate)
main.add_command(law.explain)
main.add_command(law.check)
main.add_command(lawbook)
main.add_command(people.synth)
main.add_command(simulating.simulate)
main.add_command(nation.nation)


def _add_web_commands() -> None:
    from shouwang.cli import demo, work

    for command in (*work.COMMANDS, demo.demo):
        main.add_command(command)


_add_web_commands()
