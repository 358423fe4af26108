"""What came in from other departments: every delivery with its receipt, every row that could not be taken, every row nobody in the register answers to."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models


class Delivery(models.Model):
    """One file of one feed (数据批次). Bytes add up: accepted + quarantined + header + blank + footer = size.

    ``uuid`` follows from feed, period, division and digest, so that a file sent again is the same delivery.
    ``sealed_key`` opens the sealed part of the delivery in the lake. Privacy: counts and digests only; the rows lie in
    the lake without names or identity numbers in clear.
    """

    class State(models.TextChoices):
        PARSED = "parsed", "已接收，待关联"
        HELD = "held", "影响面过大，待人工放行"
        LINKED = "linked", "已关联入库"
        REFUSED = "refused", "整份退回"
        WITHDRAWN = "withdrawn", "已撤回"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    feed = models.CharField("数据类别", max_length=24)
    period = models.CharField("所属期", max_length=10)
    area_code = models.CharField("报送区划", max_length=12)
    file_name = models.CharField("文件名", max_length=200)
    size = models.BigIntegerField("字节数")
    sm3 = models.CharField("文件摘要 SM3", max_length=64)
    state = models.CharField("状态", max_length=10, choices=State.choices)
    refusal = models.CharField("退回原因", max_length=300, blank=True)
    records = models.PositiveIntegerField("记录数", default=0)
    accepted = models.PositiveIntegerField("接收数", default=0)
    quarantined = models.PositiveIntegerField("隔离数", default=0)
    linked = models.PositiveIntegerField("关联数", default=0)
    unlinked = models.PositiveIntegerField("未关联数", default=0)
    changes = models.PositiveIntegerField("影响人数", default=0)
    receipt = models.JSONField("回执", default=dict)
    handling = models.JSONField("关联与处置", default=dict)
    sealed_key = models.BinaryField("批次密钥密文", null=True)
    received_at = models.DateTimeField("接收时间")
    linked_at = models.DateTimeField("关联时间", null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["feed", "period", "area_code", "sm3"], name="delivery_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["area_code", "-received_at", "-id"], name="delivery_area"),
            models.Index(fields=["state", "id"], name="delivery_state"),
        ]

    def __str__(self) -> str:
        return self.file_name


class QuarantinedRow(models.Model):
    """One record that was not taken, with every reason (隔离记录). Privacy: the raw text is SM4-GCM ciphertext bound to this row."""

    class State(models.TextChoices):
        OPEN = "open", "待修正"
        CORRECTED = "corrected", "已更正重报"
        DISMISSED = "dismissed", "已作废"
        LINKED = "linked", "已人工关联"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    delivery = models.ForeignKey(
        Delivery, on_delete=models.PROTECT, related_name="quarantined_rows", verbose_name="批次"
    )
    sheet = models.CharField("工作表", max_length=40, blank=True)
    line = models.PositiveIntegerField("行号")
    lines = models.PositiveIntegerField("行数", default=1)
    byte_from = models.BigIntegerField("起始字节")
    byte_to = models.BigIntegerField("截止字节")
    raw_cipher = models.BinaryField("原文密文")
    reasons = models.JSONField("原因", default=list)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.OPEN)
    record_key = models.BinaryField("记录检索值", max_length=16, null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["delivery", "sheet", "line", "byte_from"], name="quarantine_once")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["record_key"], name="quarantine_record")]

    def __str__(self) -> str:
        return f"{self.delivery_id}:{self.line}"


class UnlinkedRow(models.Model):
    """An accepted record without a certain match in the register (未关联记录). Nothing is merged on a name alone. Privacy: name masked, identity as keyed index."""

    class State(models.TextChoices):
        OPEN = "open", "待核"
        NOT_OURS = "not_ours", "非本册人员"
        RESOLVED = "resolved", "已人工关联"

    class Reason(models.TextChoices):
        NOT_IN_REGISTER = "not_in_register", "身份证号有效，登记册中无此人"
        NAME_DIFFERS = "name_differs", "身份证号一致但姓名不同"
        CONTRADICTS = "contradicts", "与本批次其他记录矛盾，或日期先后颠倒"
        NO_HOUSEHOLD = "no_household", "此人目前不在任何一户"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="unlinked_rows", verbose_name="批次")
    row = models.PositiveIntegerField("记录序号")
    sheet = models.CharField("工作表", max_length=40, blank=True)
    line = models.PositiveIntegerField("行号")
    id_index = models.BinaryField("身份证号检索值", max_length=16)
    name_masked = models.CharField("姓名（脱敏）", max_length=60)
    reason = models.CharField("原因", max_length=20, choices=Reason.choices)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.OPEN)
    person_uuid = models.UUIDField("登记册人员", null=True, blank=True)
    record_key = models.BinaryField("记录检索值", max_length=16, null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["delivery", "row"], name="unlinked_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["id_index"], name="unlinked_index"),
            models.Index(fields=["record_key"], name="unlinked_record"),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id}#{self.row}"


class LinkQuestion(models.Model):
    """May this record be about that person? (待核关联) Asked once per county for the same number, name and birth, answered by a person, remembered.

    ``record_key`` is the keyed index of the number (as it came, or its own index) and the name as compared; every record
    with that key, in any delivery, shares the answer. ``candidates`` are suggestions only: person, likelihood in millionths,
    what each comparison found. Privacy: number and name of the record are SM4-GCM ciphertext bound to this row, the list
    shows the name masked; nobody is linked here without a person's decision, which stays with who made it.
    """

    class State(models.TextChoices):
        OPEN = "open", "待核"
        LATER = "later", "暂不能定"
        SAME = "same", "确认为同一人"
        NONE = "none", "都不是"

    class Fault(models.TextChoices):
        WRONG_NUMBER = "wrong_number", "身份证号有误"
        NOT_IN_REGISTER = "not_in_register", "身份证号有效，登记册中无此人"
        NAME_DIFFERS = "name_differs", "身份证号一致但姓名不同"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    area_code = models.CharField("报送区划", max_length=12)
    record_key = models.BinaryField("记录检索值", max_length=16)
    fault = models.CharField("为何待核", max_length=20, choices=Fault.choices)
    name_masked = models.CharField("姓名（脱敏）", max_length=60)
    whom_cipher = models.BinaryField("姓名、出生日期密文")
    candidates = models.JSONField("可能的人", default=list)
    likelihood = models.PositiveIntegerField("最大可能（百万分之）", default=0)
    model = models.CharField("关联模型版本", max_length=40)
    first_delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="+", verbose_name="首见批次")
    asked_at = models.DateTimeField("提出时间")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.OPEN)
    person_uuid = models.UUIDField("登记册人员", null=True, blank=True)
    reason = models.CharField("理由", max_length=200, blank=True)
    decided_by = models.CharField("核定人", max_length=60, blank=True)
    decided_at = models.DateTimeField("核定时间", null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["area_code", "record_key"], name="question_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["area_code", "state", "-likelihood", "id"], name="question_queue")
        ]

    def __str__(self) -> str:
        return str(self.uuid)
