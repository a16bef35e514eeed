"""Tokens and the key set that verifies them, signed by the fixed keys of the tests with the system's libcrypto.

Ten thousand RS256 signatures take a few seconds this way. They are good until the year 2100 and are kept between runs.
"""

import base64
import ctypes
import ctypes.util
import json
from functools import cache

from bench import place

ISSUER = "https://auth.example.com"
AUDIENCE = "api.example.com"
_KEYS = {"RS256": "rsa", "ES256": "p256"}
_YEAR_2100 = 4_102_444_800
_YEAR_2020 = 1_577_836_800


def minted(algorithm: str, count: int) -> list[str]:
    """`count` good tokens of as many users: usr_0, usr_1 and so on."""
    kept = place.folder("tokens") / f"{algorithm}-{count}.txt"
    if kept.exists():
        return kept.read_text().split()
    tokens = [_token(algorithm, {"sub": f"usr_{number}"}) for number in range(count)]
    kept.write_text("\n".join(tokens))
    return tokens


def forged(algorithm: str) -> str:
    """A token whose signature is of another token."""
    head, claims, _ = _token(algorithm, {"sub": "usr_evil"}).split(".")
    return f"{head}.{claims}.{minted(algorithm, 1)[0].split('.')[2]}"


def expired(algorithm: str) -> str:
    """A token that was good until the year 2020."""
    return _token(algorithm, {"sub": "usr_0", "exp": _YEAR_2020})


def signature_question(algorithm: str) -> bytes:
    """What Envoy's `verify_signature` is asked about the first good token (`VerifySignatureArguments`, protocol buffers)."""
    text, signature = minted(algorithm, 1)[0].rsplit(".", 1)
    raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    fields = [b"sha256", _public(_KEYS[algorithm]), raw, text.encode()]
    return b"".join(bytes([number << 3 | 2]) + _length(field) + field for number, field in enumerate(fields, 1))


def _length(field: bytes) -> bytes:
    """A varint of one byte or two, which is as long as keys and signatures get."""
    length = len(field)
    return bytes([length]) if length < 128 else bytes([length & 127 | 128, length >> 7])


@cache
def key_set() -> dict:
    """The public keys, as a JWKS."""
    rsa, curve = _public("rsa"), _public("p256")
    return {
        "keys": [
            # The modulus of a 2048 bit key stands before the exponent, which is the last integer: 65537.
            {"kty": "RSA", "kid": "rsa", "alg": "RS256", "use": "sig", "n": _base64url(rsa[-261:-5]), "e": "AQAB"},
            {
                "kty": "EC",
                "kid": "p256",
                "alg": "ES256",
                "use": "sig",
                "crv": "P-256",
                "x": _base64url(curve[-64:-32]),
                "y": _base64url(curve[-32:]),
            },
        ]
    }


def _token(algorithm: str, claims: dict) -> str:
    key = _KEYS[algorithm]
    header = {"alg": algorithm, "typ": "JWT", "kid": key}
    claims = {"iss": ISSUER, "aud": AUDIENCE, "role": "customer", "iat": _YEAR_2020, "exp": _YEAR_2100} | claims
    text = ".".join(_base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    signature = _sign(key, text.encode())
    if algorithm == "ES256":
        signature = _raw(signature)
    return f"{text}.{_base64url(signature)}"


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(der: bytes) -> bytes:
    """The two integers of an ECDSA signature in 32 bytes each, as JWS has them (RFC 7518, section 3.4)."""
    r_end = 4 + der[3]
    r, s = der[4:r_end], der[r_end + 2 :]
    return b"".join(number.lstrip(b"\0").rjust(32, b"\0") for number in (r, s))


@cache
def _crypto() -> ctypes.CDLL:
    name = ctypes.util.find_library("crypto")
    if name is None:
        raise RuntimeError("tokens are signed with OpenSSL's libcrypto, which is missing: apt-get install libssl3")
    library = ctypes.CDLL(name)
    for function in ("BIO_new_mem_buf", "PEM_read_bio_PrivateKey", "EVP_MD_CTX_new", "EVP_sha256"):
        getattr(library, function).restype = ctypes.c_void_p
    return library


@cache
def _key(name: str) -> ctypes.c_void_p:
    pem = (place.KEYS / f"{name}.pem").read_bytes()
    memory = ctypes.c_void_p(_crypto().BIO_new_mem_buf(pem, len(pem)))
    return ctypes.c_void_p(_crypto().PEM_read_bio_PrivateKey(memory, None, None, None))


def _public(name: str) -> bytes:
    """The SubjectPublicKeyInfo of a key."""
    size = _crypto().i2d_PUBKEY(_key(name), None)
    der = ctypes.create_string_buffer(size)
    _crypto().i2d_PUBKEY(_key(name), ctypes.byref(ctypes.c_void_p(ctypes.addressof(der))))
    return der.raw


def _sign(name: str, text: bytes) -> bytes:
    crypto = _crypto()
    context = ctypes.c_void_p(crypto.EVP_MD_CTX_new())
    signature, size = ctypes.create_string_buffer(512), ctypes.c_size_t(512)
    begun = crypto.EVP_DigestSignInit(context, None, ctypes.c_void_p(crypto.EVP_sha256()), None, _key(name))
    length = ctypes.c_size_t(len(text))
    signed = crypto.EVP_DigestSign(context, signature, ctypes.byref(size), text, length)
    crypto.EVP_MD_CTX_free(context)
    if begun != 1 or signed != 1:
        raise RuntimeError(f"libcrypto did not sign with the key {name}")
    return signature.raw[: size.value]
