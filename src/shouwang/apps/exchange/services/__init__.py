"""Everything that writes the exchange: files in, links, decisions, what goes back to senders."""

from __future__ import annotations

from shouwang.apps.exchange.services.deciding import DecisionRefused, finish_withdrawals, release, withdraw
from shouwang.apps.exchange.services.fix_list import fix_list, masked_raw
from shouwang.apps.exchange.services.importing import import_file, import_files
from shouwang.apps.exchange.services.linking import link_delivery, link_pending
from shouwang.apps.exchange.services.register_folder import FolderReceipt, write_register_folder
from shouwang.apps.exchange.services.reviewing import answer_question
from shouwang.apps.exchange.services.suggesting import suggest_later, suggest_links, suggest_pending

__all__ = [
    "DecisionRefused",
    "FolderReceipt",
    "answer_question",
    "finish_withdrawals",
    "fix_list",
    "import_file",
    "import_files",
    "link_delivery",
    "link_pending",
    "masked_raw",
    "release",
    "suggest_later",
    "suggest_links",
    "suggest_pending",
    "withdraw",
    "write_register_folder",
]
