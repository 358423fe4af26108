"""Identity numbers and phones of the register: sealed to their row, found by keyed index, opened only here."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from shouwang.apps.audit.vault import vault
from shouwang.lib.crypto import field_aad

if TYPE_CHECKING:
    from shouwang.apps.registry.models import Person

TABLE = "registry_person"
ID_COLUMN = "registry_person.id_index"


def index_of_id(value18: str) -> bytes:
    """Return the 16-byte keyed index of an accepted 18-character identity number: the register's only search key for it."""
    return vault().blind_index(value18, ID_COLUMN)


def sealed_id(value18: str, row_uuid: UUID) -> bytes:
    """Seal an identity number to the person row with this uuid."""
    return vault().encrypt(value18, field_aad(TABLE, "id_cipher", row_uuid))


def sealed_phone(phone: str, row_uuid: UUID) -> bytes | None:
    """Seal a phone number to its row; None where there is none."""
    return vault().encrypt(phone, field_aad(TABLE, "phone_cipher", row_uuid)) if phone else None


def opened_id(person: Person) -> str:
    """Return the identity number, "" where none is held. Raises TamperedError for a moved or altered cipher."""
    return vault().decrypt(person.id_cipher, field_aad(TABLE, "id_cipher", person.uuid)) if person.id_cipher else ""


def opened_phone(person: Person) -> str:
    """Return the phone number, "" where none is held."""
    return (
        vault().decrypt(person.phone_cipher, field_aad(TABLE, "phone_cipher", person.uuid))
        if person.phone_cipher
        else ""
    )
