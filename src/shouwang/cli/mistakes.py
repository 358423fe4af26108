"""What somebody typed wrong, said in one Chinese sentence. click says it in English, over several lines."""

from __future__ import annotations

import re

import click

_SAID = (
    (re.compile(r"(?:File|Path|Directory) '(?P<what>.+)' does not exist\."), "找不到“{what}”，请核对路径"),
    (re.compile(r"File '(?P<what>.+)' is a directory\."), "“{what}”是文件夹，这里要写一个文件"),
    (re.compile(r"Directory '(?P<what>.+)' is a file\."), "“{what}”是文件，这里要写一个文件夹"),
    (re.compile(r"(?:File|Path|Directory) '(?P<what>.+)' is not (?:read|writ)able\."), "没有读写“{what}”的权限"),
    (re.compile(r"'(?P<what>.+)' is not a valid (?:integer|float)(?: range)?\."), "“{what}”不是数字"),
    (re.compile(r"(?P<what>\S+) is not in the range (?P<range>.+)\."), "{what} 超出范围（{range}）"),
    (re.compile(r"'(?P<what>.+)' does not match the formats? .+"), "日期“{what}”应写成 2026-10-31 的形式"),
    (re.compile(r"'(?P<what>.+)' is not one of (?P<choices>.+)\."), "“{what}”不在可选范围：{choices}"),
)


def told(mistake: click.ClickException) -> str:
    """The mistake in Chinese: what is wrong, and where help stands."""
    sentence = _told(mistake)
    if isinstance(mistake, click.UsageError) and mistake.ctx is not None:
        return f"{sentence}。用法见：{mistake.ctx.command_path} --help"
    return sentence


def _told(mistake: click.ClickException) -> str:
    match mistake:
        case click.MissingParameter(param=click.Option() as option):
            return f"缺少选项 {option.opts[-1]}（{option.help or '必填'}）"
        case click.MissingParameter(param=click.Parameter() as argument):
            return f"缺少 {argument.make_metavar(mistake.ctx or click.get_current_context())}"
        case click.NoSuchOption():
            return f"没有选项 {mistake.option_name}{_perhaps(mistake.possibilities)}"
        case click.BadParameter():
            name = mistake.param.opts[-1] if isinstance(mistake.param, click.Option) else ""
            return f"{name} {_reworded(mistake.message)}".strip()
        case click.BadOptionUsage():
            return f"选项 {mistake.option_name} 后面要写一个值"
    unknown = re.match(r"No such command '(?P<what>[^']+)'", mistake.message)
    if unknown is not None:
        return f"没有“{unknown['what']}”这个命令"
    extra = re.match(r"Got unexpected extra arguments? \((?P<what>.+)\)", mistake.message)
    if extra is not None:
        return f"多写了“{extra['what']}”"
    return mistake.format_message()


def _reworded(message: str) -> str:
    for pattern, sentence in _SAID:
        found = pattern.fullmatch(message)
        if found is not None:
            return sentence.format(**found.groupdict())
    return f"的值不对：{message}"


def _perhaps(possible: object) -> str:
    return f"，是不是 {'、'.join(sorted(possible))}" if isinstance(possible, list | tuple | set) and possible else ""


_OFFICES = "shouwang.apps."
_TOLD_BY_OFFICES = {
    f"{_OFFICES}accounts.access.NotPermitted",
    f"{_OFFICES}areas.reading.AreaFileError",
    f"{_OFFICES}assessment.standard_files.StandardsRefused",
    f"{_OFFICES}assessment.services.running.RunRefused",
    f"{_OFFICES}assessment.services.running.RunMoved",
    f"{_OFFICES}exchange.folder_files.FolderRefused",
    f"{_OFFICES}exchange.sandbox.StorageFull",
    f"{_OFFICES}registry.selectors.carriers.RegisterUnreadable",
    f"{_OFFICES}reports.summary_files.SummaryRefused",
    "shouwang.config.env.SettingError",
    "shouwang.engine.linkage.model.ModelUnreadable",
    "shouwang.lib.area_codes.AreaCodeError",
    "shouwang.lib.crypto.keys.KeyMissing",
}
_NO_TABLES = ("no such table", "does not exist")


def told_by_offices(error: Exception) -> str | None:
    """The sentence of an error that the person at the keyboard can mend, by its name, so that no office is loaded for it."""
    kind = type(error)
    if f"{kind.__module__}.{kind.__name__}" in _TOLD_BY_OFFICES:
        return str(error)
    if kind.__module__ == "django.db.utils" and any(sign in str(error) for sign in _NO_TABLES):
        return "数据库还没有建立或需要升级，请先执行 shouwang migrate"
    return None
