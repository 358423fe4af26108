"""Known-answer test at start-up: a machine whose library lacks or breaks SM3 or SM4-GCM must not hold personal data."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from shouwang.lib.crypto.digest import hmac_sm3, sm3_hex, sm3_running
from shouwang.lib.crypto.errors import CryptoUnavailable

RFC8998_KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
RFC8998_NONCE = bytes.fromhex("00001234567800000000abcd")
RFC8998_AAD = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
RFC8998_PLAIN = bytes.fromhex("".join(pair * 8 for pair in ("aa", "bb", "cc", "dd", "ee", "ff", "ee", "aa")))
RFC8998_CIPHER = bytes.fromhex(
    "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
    "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
)
RFC8998_TAG = bytes.fromhex("83de3541e4c2b58177e065a9bf7b62ec")
SM3_ABC = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
HMAC_KEY = bytes(range(1, 33))
HMAC_DATA = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq" * 2
HMAC_ANSWER = "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a"


def known_answer_test() -> None:
    """Check SM4-GCM (RFC 8998 A.1), SM3 (GB/T 32905 A.1) and HMAC-SM3 (GM/T 0042 D.3); raises ``CryptoUnavailable``."""
    try:
        sealer = Cipher(algorithms.SM4(RFC8998_KEY), modes.GCM(RFC8998_NONCE)).encryptor()
        sealer.authenticate_additional_data(RFC8998_AAD)
        made = sealer.update(RFC8998_PLAIN) + sealer.finalize()
        opener = Cipher(algorithms.SM4(RFC8998_KEY), modes.GCM(RFC8998_NONCE, RFC8998_TAG)).decryptor()
        opener.authenticate_additional_data(RFC8998_AAD)
        opened = opener.update(RFC8998_CIPHER) + opener.finalize()
        running = sm3_running()
        running.update(b"abc")
        right = (
            (made, sealer.tag, opened) == (RFC8998_CIPHER, RFC8998_TAG, RFC8998_PLAIN)
            and sm3_hex(b"abc") == running.hexdigest() == SM3_ABC
            and hmac_sm3(HMAC_KEY, HMAC_DATA).hex() == HMAC_ANSWER
        )
    except (UnsupportedAlgorithm, InvalidTag) as error:
        raise CryptoUnavailable("本机密码库不支持国密算法 SM4-GCM/SM3，系统不能启动") from error
    if not right:
        raise CryptoUnavailable("国密算法自检结果不符，系统不能启动")
