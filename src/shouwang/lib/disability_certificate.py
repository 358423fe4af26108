"""残疾人证号: the identity number, one digit of kind and one of grade (GB/T 26341), and what reissuing puts after them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from shouwang.lib.halfwidth import to_halfwidth
from shouwang.lib.identity import IdentityError, normalise_id

CertificateFault = Literal["blank", "length", "characters", "identity", "kind", "grade"]

KINDS = {1: "视力", 2: "听力", 3: "言语", 4: "肢体", 5: "智力", 6: "精神", 7: "多重"}
GRADES = {1: "一级", 2: "二级", 3: "三级", 4: "四级"}

_SHAPE = re.compile(r"([0-9X]{18})([0-9])([0-9])(B[0-9]{1,2})?", re.ASCII)
_LETTERS = re.compile(r"[0-9XB]+", re.ASCII)


class CertificateError(ValueError):
    """A number that is no certificate's: ``code`` for machines, the message for people (Chinese)."""

    def __init__(self, code: CertificateFault, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate's number says. ``reissue`` is the mark of a replacement ("B1"), empty on the first."""

    identity: str
    kind: int
    grade: int
    reissue: str = ""

    @property
    def text(self) -> str:
        """Kind and grade as people say them: 精神三级."""
        return f"{KINDS[self.kind]}{GRADES[self.grade]}"


def read_certificate(text: str, *, as_of: date | None = None) -> Certificate:
    """Read a certificate's number; blanks, full-width characters and small letters are mended. Raises CertificateError.

    ``as_of``: the day the holder's birth must not lie after (today if not given).
    """
    plain = to_halfwidth(text).strip().upper()
    if not plain:
        raise CertificateError("blank", "残疾人证号为空")
    if _LETTERS.fullmatch(plain) is None:
        raise CertificateError("characters", "残疾人证号含有不该有的字符")
    found = _SHAPE.fullmatch(plain)
    if found is None:
        first = plain.partition("B")[0]
        raise CertificateError("length", f"残疾人证号应为20位（身份证号、类别、等级），现为{len(first)}位")
    kind, grade = int(found[2]), int(found[3])
    try:
        identity = normalise_id(found[1], as_of=as_of).value18
    except IdentityError as error:
        raise CertificateError("identity", f"残疾人证号中的{error.message}") from error
    if kind not in KINDS:
        raise CertificateError("kind", f"残疾类别应为1至7，现为{kind}")
    if grade not in GRADES:
        raise CertificateError("grade", f"残疾等级应为1至4，现为{grade}")
    return Certificate(identity, kind, grade, found[4] or "")
