"""The sandbox's certificate authority, and certificates for whatever AWS name a client asks for."""

from __future__ import annotations

import datetime
import ssl
import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from coinfleet_sandbox.daemon.addresses import AWS_DOMAINS

VALID = datetime.timedelta(days=3650)
BACKDATED = datetime.timedelta(days=1)


class CertificateAuthority:
    """Makes its own certificate once, and one for each server name when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._contexts: dict[str, ssl.SSLContext] = {}
        folder.mkdir(parents=True, exist_ok=True)
        if not self.certificate_file.exists():
            self._create()
        self._certificate = x509.load_pem_x509_certificate(self.certificate_file.read_bytes())
        key = serialization.load_pem_private_key(self._key_file.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self._key_file} holds another kind of key than this program writes")
        self._key = key

    @property
    def certificate_file(self) -> Path:
        return self._folder / "ca.pem"

    @property
    def _key_file(self) -> Path:
        return self._folder / "ca.key"

    def _create(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Coinfleet sandbox CA")])
        builder = _builder(name, name, key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        certificate = builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())
        self._key_file.touch(mode=0o600)
        self._key_file.write_bytes(_pem(key))
        self.certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def server_context(self) -> ssl.SSLContext:
        """A context for a server that has a right certificate for every AWS name."""
        context = self._context_for(f"aws.{AWS_DOMAINS[0]}")

        def choose(socket: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            if name and any(name == domain or name.endswith(f".{domain}") for domain in AWS_DOMAINS):
                socket.context = self._context_for(name)

        context.sni_callback = choose
        return context

    def _context_for(self, name: str) -> ssl.SSLContext:
        with self._lock:
            if name not in self._contexts:
                files = self._issue(name)
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*files)
                self._contexts[name] = context
            return self._contexts[name]

    def _issue(self, name: str) -> tuple[Path, Path]:
        certificate_file, key_file = (self._folder / f"{name}.{kind}" for kind in ("pem", "key"))
        if not certificate_file.exists():
            key = ec.generate_private_key(ec.SECP256R1())
            subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
            certificate = (
                _builder(subject, self._certificate.subject, key)
                .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
                .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
                .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
                .sign(self._key, hashes.SHA256())
            )
            key_file.touch(mode=0o600)
            key_file.write_bytes(_pem(key))
            certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return certificate_file, key_file


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + VALID)
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
