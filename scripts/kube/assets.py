"""The programs of a Kubernetes control plane: found, taken from a cache, or built once.

Debian 12 carries the sources of Kubernetes 1.20.2 and a Go that builds them. Nothing of the machine
changes but the packages golang-1.19-go, rsync and jq, where they are missing: apt reads its source
lists from a private folder, and etcd is unpacked from its package instead of installed, because the
package would start a server of its own.
"""
import contextlib
import fcntl
import glob
import os
import shutil
import subprocess
import sys
import tempfile

REQUIRED = ("kube-apiserver", "etcd")
OPTIONAL = ("kube-scheduler", "kube-controller-manager", "kubectl")
BUILT = ("kube-apiserver", "kube-scheduler", "kube-controller-manager", "kubectl")
UPSTREAM = "really1.20.2"
# The revision goes up with each change of what is built, so that no older cache is taken for it.
CACHE = "~/.cache/muster/kube-1.20.2-r2"
GO = "/usr/lib/go-1.19/bin"
REFLECT = "github.com/modern-go/reflect2"
REFLECT_PACKAGE = "golang-github-modern-go-reflect2-dev"
REFLECT_OLD, REFLECT_NEW = "v1.0.1", "v1.0.2"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
REMEDY = ("set KUBEBUILDER_ASSETS to a folder with kube-apiserver and etcd, for instance what "
          "`setup-envtest use -p path` prints")


class Refusal(Exception):
    """What is asked cannot be done on this machine; the text says why and what would help."""


def note(text):
    print("kube-test-env: " + text, file=sys.stderr, flush=True)


def absent(folder, names=REQUIRED):
    return [name for name in names if not os.access(os.path.join(folder, name), os.X_OK)]


def locate():
    """The folder with the programs; builds them when there is none. Refuses, never guesses."""
    given = os.environ.get("KUBEBUILDER_ASSETS")
    if given:
        missing = absent(given)
        if missing:
            raise Refusal("KUBEBUILDER_ASSETS is \"%s\", which lacks %s"
                          % (given, " and ".join(missing)))
        return os.path.abspath(given)
    cache = os.path.abspath(os.path.expanduser(os.environ.get("MUSTER_KUBE_CACHE") or CACHE))
    if absent(cache):
        os.makedirs(os.path.dirname(cache), exist_ok=True)
        with lock(cache + ".lock"):
            if absent(cache):
                build(cache)
    return cache


@contextlib.contextmanager
def lock(path):
    """Held by one process of this machine; the kernel lets go of it when that process ends."""
    with open(path, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note("waiting for another process that builds Kubernetes (%s)" % path)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def call(*command, **options):
    """Runs a command whose output is talk, not data; its process group ends with ours."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr,
                               start_new_session=True, **options)
    try:
        code = process.wait()
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()
        raise
    if code:
        raise Refusal("`%s` ended with %d; %s" % (" ".join(command[:6]), code, REMEDY))


def as_root():
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        return ["sudo"]
    raise Refusal("packages are to be installed and there is no sudo here; as root: apt-get "
                  "install golang-1.19-go rsync jq; or " + REMEDY)


def install_packages():
    # Kubernetes 1.20 is older than what a newer Go on PATH would build.
    commands = {os.path.join(GO, "go"): "golang-1.19-go", "rsync": "rsync", "jq": "jq",
                "make": "make", "gcc": "gcc", "dpkg-source": "dpkg-dev"}
    missing = [package for command, package in commands.items() if not shutil.which(command)]
    if missing:
        note("installing " + " ".join(missing))
        root = as_root()
        call(*root, "apt-get", "update", "-q")
        call(*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-q",
             "--no-install-recommends", *missing)


def private_apt(folder):
    """Options that let apt know the sources of this Debian, whatever its own lists say."""
    listing = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN) $(CODENAME) $(COMPONENT) $(REPO_URI)",
         "Created-By: Packages"], capture_output=True, text=True, check=False).stdout
    mirrors = [line.split() for line in listing.splitlines()]
    mirror = next((row[3] for row in mirrors if row[:3] == ["Debian", "bookworm", "main"]), None)
    if mirror is None:
        raise Refusal("apt knows no mirror of Debian 12 (bookworm), whose sources are built; "
                      + REMEDY)
    signed = "[signed-by=%s] " % KEYRING if os.path.exists(KEYRING) else ""
    sources = os.path.join(folder, "sources.list")
    with open(sources, "w") as file:
        for kind in ("deb", "deb-src"):
            file.write("%s %s%s bookworm main\n" % (kind, signed, mirror))
    os.makedirs(os.path.join(folder, "lists", "partial"))
    options = {"Dir::Etc::SourceList": sources, "Dir::Etc::SourceParts": "-",
               "Dir::State::Lists": os.path.join(folder, "lists"), "Dir::Cache::pkgcache": "",
               "Dir::Cache::srcpkgcache": "", "APT::Sandbox::User": "root"}
    return [word for key, value in options.items() for word in ("-o", "%s=%s" % (key, value))]


def build(cache):
    """Fills the cache in one rename, so that it is whole or absent."""
    if not shutil.which("apt-get"):
        raise Refusal("there is no Kubernetes here, and this is no Debian to build it on; "
                      + REMEDY)
    note("building Kubernetes 1.20.2 once into %s; about ten minutes on two cores" % cache)
    install_packages()
    folder = tempfile.mkdtemp(prefix="muster-kube-build-")
    fresh = tempfile.mkdtemp(prefix=os.path.basename(cache) + ".", dir=os.path.dirname(cache))
    try:
        apt = private_apt(folder)
        call("apt-get", *apt, "update", "-q")
        fetch_etcd(apt, folder, fresh)
        compile_kubernetes(apt, folder, fresh)
        os.chmod(fresh, 0o755)
        if os.path.isdir(cache):
            shutil.rmtree(cache)
        os.rename(fresh, cache)
        note("Kubernetes 1.20.2 is in " + cache)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        # Go's caches are read-only, which a plain removal would trip over.
        call("chmod", "-R", "u+w", folder)
        shutil.rmtree(folder, ignore_errors=True)


def unpack(apt, folder, package):
    """The folder with the files of a package, which is not installed."""
    call("apt-get", *apt, "download", package, cwd=folder)
    archive = glob.glob(os.path.join(folder, package + "_*.deb"))[0]
    target = os.path.join(folder, package)
    call("dpkg-deb", "-x", archive, target)
    return target


def fetch_etcd(apt, folder, target):
    """The etcd on PATH, else the one in Debian's package."""
    found = shutil.which("etcd")
    if not found:
        found = os.path.join(unpack(apt, folder, "etcd-server"), "usr", "bin", "etcd")
    shutil.copy(os.path.realpath(found), os.path.join(target, "etcd"))


def compile_kubernetes(apt, folder, target):
    call("apt-get", *apt, "source", "--only-source", "-q", "kubernetes/bookworm", cwd=folder)
    tree = next((path for path in glob.glob(os.path.join(folder, "kubernetes-*"))
                 if os.path.isdir(path)), "")
    if not tree.endswith(UPSTREAM):
        raise Refusal("Debian's sources are \"%s\" instead of 1.20.2; %s"
                      % (os.path.basename(tree), REMEDY))
    replace_reflect(apt, folder, tree)
    home = os.path.join(folder, "home")
    os.makedirs(home)
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("GO", "KUBE", "MAKE"))}
    environment.update(PATH=GO + os.pathsep + environment.get("PATH", ""), HOME=home,
                       GOCACHE=os.path.join(home, "cache"), GOPATH=os.path.join(home, "go"),
                       GOPROXY="off", GOFLAGS="-mod=vendor", TMPDIR=folder)
    call("make", "WHAT=" + " ".join("cmd/" + name for name in BUILT), cwd=tree, env=environment)
    output = glob.glob(os.path.join(tree, "_output", "local", "bin", "linux", "*"))
    for name in BUILT:
        shutil.copy(os.path.join(output[0], name), os.path.join(target, name))


def replace_reflect(apt, folder, tree):
    """Puts reflect2 1.0.2 in the place of the vendored 1.0.1.

    1.0.1 links to the runtime's reflect.mapiterinit with two arguments. Since Go 1.18 it takes a
    third, the iterator that it fills; without it the runtime writes to whatever address a register
    holds, and a server that encodes many maps dies of SIGSEGV. 1.0.2 passes the iterator.
    """
    source = os.path.join(unpack(apt, folder, REFLECT_PACKAGE), "usr", "share", "gocode", "src",
                          REFLECT)
    if not os.path.exists(os.path.join(source, "go_above_118.go")):
        raise Refusal("Debian's %s does not fit Go 1.18 and later; %s" % (REFLECT_PACKAGE, REMEDY))
    vendored = os.path.join(tree, "vendor", REFLECT)
    # Files that 1.0.2 no longer has would be compiled along with it.
    shutil.rmtree(vendored)
    shutil.copytree(source, vendored)
    # Both files name the version that stands in for what is required; -mod=vendor compares them.
    old, new = ("=> %s %s\n" % (REFLECT, version) for version in (REFLECT_OLD, REFLECT_NEW))
    for name in ("go.mod", os.path.join("vendor", "modules.txt")):
        path = os.path.join(tree, name)
        with open(path) as file:
            text = file.read()
        if old not in text:
            raise Refusal("%s of Debian's sources does not name %s %s; %s"
                          % (name, REFLECT, REFLECT_OLD, REMEDY))
        with open(path, "w") as file:
            file.write(text.replace(old, new))
