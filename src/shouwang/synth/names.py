"""Names for invented people, from short lists of common characters; a few rare ones, because real files hold them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]
Names = npt.NDArray[np.object_]

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
"""The hundred most frequent surnames, the five largest first as published for 2019 (王 李 张 刘 陈)."""

RARE_SURNAMES = ("欧阳", "司徒", "上官", "䶮", "仝", "亓", "𬀩", "㛃")
MALE = "伟强军勇杰涛明超亮刚平辉鹏华飞波斌宇浩凯健俊帆志成国建文林峰永福海龙德贵生发根祥财宝柱山水来春荣富顺田旺"
FEMALE = "芳娜敏静秀娟英玲丽霞燕红梅兰凤珍莲香桂花云翠月巧琴萍慧珠菊银娥素彩美爱春芬贞清婷雪琳欣怡瑶蓉莉"
YOUNG_MALE = "浩宇轩泽铭睿晨博瑞航子涵一诺俊熙嘉辰奕梓皓然天佑承恩景行云舟知远"
YOUNG_FEMALE = "梓涵欣怡诗雨可馨思琪语桐若曦婉清一诺雨萱佳琪沐晴予安念初书瑶星辰"
RARE_GIVEN = ("䶮", "㛃", "𬀩", "𠮷", "㐀", "喆", "堃", "犇", "玥", "翀")
ETHNIC_GIVEN_MALE = ("买买提", "阿卜杜拉", "吐尔逊", "艾力", "扎西", "多吉", "才让", "巴特尔")
ETHNIC_GIVEN_FEMALE = ("阿依古丽", "古丽娜尔", "热依拉", "卓玛", "央金", "其其格", "拉姆", "帕提古丽")
ETHNIC_FAMILY = ("艾山", "吾买尔", "库尔班", "依明", "次仁", "平措", "苏和", "司马义")

_SURNAME_WEIGHTS = 1.0 / (np.arange(len(SURNAMES)) + 6.0)
_SURNAME_WEIGHTS /= _SURNAME_WEIGHTS.sum()


def _list(text: str | tuple[str, ...]) -> Names:
    return np.array(list(text), dtype=object)


def _pick(rng: np.random.Generator, choices: str | tuple[str, ...], size: int) -> Names:
    pool = _list(choices)
    picked: Names = pool[rng.integers(0, len(pool), size)]
    return picked


def surnames(rng: np.random.Generator, size: int) -> Names:
    """Draw surnames (size,), frequent ones more often, one in 400 rare or compound."""
    drawn = _list(SURNAMES)[rng.choice(len(SURNAMES), size, p=_SURNAME_WEIGHTS)]
    rare = rng.random(size) < 1 / 400
    drawn[rare] = _pick(rng, RARE_SURNAMES, int(rare.sum()))
    return drawn


def given_names(rng: np.random.Generator, male: npt.NDArray[np.bool_], ages: Int64) -> Names:
    """Draw given names (n,) of one or two characters fitting sex and generation; about one in 800 holds a rare character."""
    size = len(male)
    young = ages < 25
    old_style = np.where(male, _pick(rng, MALE, size), _pick(rng, FEMALE, size))
    new_style = np.where(male, _pick(rng, YOUNG_MALE, size), _pick(rng, YOUNG_FEMALE, size))
    first = np.where(young, new_style, old_style)
    second = np.where(male, _pick(rng, MALE, size), _pick(rng, FEMALE, size))
    second[rng.random(size) < np.where(young, 0.15, 0.25)] = ""
    rare = rng.random(size) < 1 / 800
    second[rare] = _pick(rng, RARE_GIVEN, int(rare.sum()))
    names: Names = first + second
    return names


def full_names(
    rng: np.random.Generator, family: Names, male: npt.NDArray[np.bool_], ages: Int64, ethnic: npt.NDArray[np.bool_]
) -> Names:
    """Join family (n,) and given names; people with ``ethnic`` get a name of two parts joined by · instead."""
    names = family + given_names(rng, male, ages)
    count = int(ethnic.sum())
    given = np.where(male[ethnic], _pick(rng, ETHNIC_GIVEN_MALE, count), _pick(rng, ETHNIC_GIVEN_FEMALE, count))
    names[ethnic] = given + "·" + _pick(rng, ETHNIC_FAMILY, count)
    joined: Names = names
    return joined
