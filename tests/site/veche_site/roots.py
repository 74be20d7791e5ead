"""LiveKit's client trusts the certificate of a relay only if its root is among those that libwebrtc carries in itself; there is
no setting for it. So that it checks the server's as it would check a public one, it is given a copy with one root exchanged.

Of the root only name and key are taken: libwebrtc refuses every certificate below one that is limited to some addresses, which
none that it carries is.
"""

import importlib.resources
import pathlib
import re

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

# A certificate in the library: a sequence of more than 255 bytes that begins with another one.
CERTIFICATE = re.compile(rb"\x30\x82(..)\x30\x82", re.DOTALL)
HEADER_BYTES = 4


def library_that_trusts(root: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """A copy of LiveKit's library in this folder, with this root in the place of another one."""
    der = _unlimited(x509.load_pem_x509_certificate(root.read_bytes()))
    library = importlib.resources.files("livekit.rtc.resources").joinpath("liblivekit_ffi.so").read_bytes()
    start, end = _longer_root(library, len(der))
    copy = folder / "liblivekit_ffi.so"
    # What follows a certificate is not read.
    copy.write_bytes(library[:start] + der.ljust(end - start, b"\0") + library[end:])
    return copy


def _unlimited(root: x509.Certificate) -> bytes:
    """The same authority with no limits. Nobody looks at the signature of what he trusts for itself: any key will do."""
    builder = x509.CertificateBuilder(root.subject, root.subject, root.public_key(), root.serial_number)
    builder = builder.not_valid_before(root.not_valid_before_utc).not_valid_after(root.not_valid_after_utc)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(Encoding.DER)


def _longer_root(library: bytes, length: int) -> tuple[int, int]:
    """Where a root certificate of at least this length lies."""
    for found in CERTIFICATE.finditer(library):
        start, end = found.start(), found.start() + HEADER_BYTES + int.from_bytes(found[1])
        if end - start >= length and _is_root(library[start:end]):
            return start, end
    raise AssertionError("the library of LiveKit carries no roots as it used to")


def _is_root(der: bytes) -> bool:
    try:
        certificate = x509.load_der_x509_certificate(der)
    except ValueError:
        return False
    return certificate.subject == certificate.issuer
