"""The keys and certificates of one test cluster, made with openssl."""
import os
import subprocess

import assets

DAYS = "3650"
NAMES = ("IP:127.0.0.1,IP:::1,IP:10.96.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,"
         "DNS:kubernetes.default.svc")


def openssl(*arguments):
    try:
        subprocess.run(("openssl",) + arguments, check=True, stdin=subprocess.DEVNULL,
                       capture_output=True, text=True)
    except FileNotFoundError:
        raise assets.Refusal("openssl is missing; install the package openssl") from None
    except subprocess.CalledProcessError as error:
        raise assets.Refusal("`openssl %s` ended with %d:\n%s" % (
            arguments[0], error.returncode, error.stderr.strip())) from None


def make(folder):
    """ca, serving and admin as .crt and .key, and service-accounts.key; readable by their owner."""
    os.makedirs(folder, mode=0o700)

    def path(name):
        return os.path.join(folder, name)

    for name in ("ca", "serving", "admin", "service-accounts"):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path(name + ".key"))
    openssl("req", "-x509", "-new", "-key", path("ca.key"), "-days", DAYS, "-out", path("ca.crt"),
            "-subj", "/CN=muster-kube-test-ca")
    # The group system:masters is what RBAC cannot refuse anything.
    sign(path, "admin", "/O=system:masters/CN=muster-kube-test-admin",
         "extendedKeyUsage=clientAuth")
    sign(path, "serving", "/CN=kube-apiserver",
         "extendedKeyUsage=serverAuth\nsubjectAltName=" + NAMES)


def sign(path, name, subject, extensions):
    with open(path(name + ".ext"), "w") as file:
        file.write("basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n%s\n" % extensions)
    openssl("req", "-new", "-key", path(name + ".key"), "-subj", subject,
            "-out", path(name + ".csr"))
    openssl("x509", "-req", "-in", path(name + ".csr"), "-CA", path("ca.crt"),
            "-CAkey", path("ca.key"), "-CAcreateserial", "-days", DAYS,
            "-extfile", path(name + ".ext"), "-out", path(name + ".crt"))
