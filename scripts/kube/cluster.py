"""A test cluster in one folder: etcd, kube-apiserver and, if asked for, scheduler and controllers.

What listens does so on 127.0.0.1. The folder holds everything: data, keys, logs, and in state.json
the ids of the processes, so that another process can take the cluster down.
"""
import base64
import json
import os
import secrets
import shutil
import subprocess
import time

import api
import assets
import certificates
import processes

STATE = "state.json"
ATTEMPTS = 3
READY_SECONDS = 120
# Users with a token. `muster` has no right but those that a test gives it through RBAC; the
# scheduler has what Kubernetes gives its own. The controller manager would need a service account
# for each controller, so it gets all rights instead.
USERS = (("muster", ""), ("system:kube-scheduler", ""),
         ("system:kube-controller-manager", "system:masters"))


def configuration(server, authority, user):
    """A kubeconfig with one context."""
    return {
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": {
            "server": server, "certificate-authority-data": authority}}],
        "users": [{"name": "test", "user": user}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}]}


class Cluster:
    """One cluster; a new one writes its state after each start of a process."""

    def __init__(self, folder, bound=False):
        self.folder = os.path.abspath(folder)
        self.bound = bound
        self.state = {"processes": {}}

    @classmethod
    def load(cls, folder):
        cluster = cls(folder)
        try:
            with open(cluster.path(STATE)) as file:
                cluster.state = json.load(file)
        except FileNotFoundError:
            raise assets.Refusal("there is no test cluster in \"%s\"" % folder) from None
        return cluster

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def save(self):
        with open(self.path(STATE + ".new"), "w") as file:
            json.dump(self.state, file, indent=2)
        os.rename(self.path(STATE + ".new"), self.path(STATE))

    def up(self, port=None, scheduler=False, controllers=False):
        """Starts everything and returns when it can be used; on a failure nothing is left."""
        programs = assets.locate()
        wanted = ["kube-scheduler"] * scheduler + ["kube-controller-manager"] * controllers
        missing = assets.absent(programs, wanted)
        if missing:
            raise assets.Refusal("\"%s\" lacks %s" % (programs, " and ".join(missing)))
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        if os.listdir(self.folder):
            raise assets.Refusal("the folder \"%s\" is not empty; give one that is or does not "
                                 "exist" % self.folder)
        self.save()
        try:
            self.state.update(assets=programs, tokens={
                name: secrets.token_hex(16) for name, _ in USERS})
            certificates.make(self.path("certificates"))
            self.write_tokens()
            self.start_etcd()
            self.start_api_server(port, controllers)
            self.write_configurations()
            if controllers:
                self.start_controllers()
            if scheduler:
                self.start_scheduler()
        except BaseException:
            self.down()
            raise

    def down(self):
        """Ends the processes of this cluster and removes its folder."""
        # Their data goes with them, so they need not end in good order, which takes seconds.
        processes.kill([(known["pid"], known["birth"])
                        for known in self.state["processes"].values()])
        shutil.rmtree(self.folder, ignore_errors=True)

    def launch(self, name, command, port, is_ready):
        """Whether the process became ready; not so when it ended, for instance for a taken port."""
        child = processes.start(command, self.path(name + ".log"), self.bound)
        self.state["processes"][name] = {"pid": child.pid, "birth": processes.birth(child.pid)}
        self.save()
        deadline = time.monotonic() + READY_SECONDS
        while child.poll() is None:
            if (port is None or processes.listens(child.pid, port)) and is_ready():
                return True
            if time.monotonic() > deadline:
                raise assets.Refusal("%s was not ready after %d s:\n%s"
                                     % (name, READY_SECONDS, self.log_end(name)))
            time.sleep(0.02)
        return False

    def launch_retrying(self, name, make_command, attempts=ATTEMPTS):
        """A free port may be taken before the server takes it; then another is drawn."""
        for _ in range(attempts):
            if self.launch(name, *make_command()):
                return
        raise assets.Refusal("%s ended at its start:\n%s" % (name, self.log_end(name)))

    def log_end(self, name, lines=15):
        with open(self.path(name + ".log"), errors="replace") as file:
            return "".join(file.readlines()[-lines:]).rstrip()

    def start_etcd(self):
        program = os.path.join(self.state["assets"], "etcd")
        known = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)
        # A test cluster need not survive the machine. etcd 3.4 has no such option; there a folder
        # in memory saves the waits for the disk.
        quick = ["--unsafe-no-fsync"] if "--unsafe-no-fsync" in known.stdout + known.stderr else []

        def command():
            port = processes.free_port()
            client = self.state["etcd"] = "http://127.0.0.1:%d" % port
            peer = "http://127.0.0.1:%d" % processes.free_port()
            shutil.rmtree(self.path("etcd"), ignore_errors=True)
            return [program, "--name", "default", "--data-dir", self.path("etcd"),
                    "--listen-client-urls", client, "--advertise-client-urls", client,
                    "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                    "--initial-cluster", "default=" + peer, "--log-level", "warn",
                    "--quota-backend-bytes", str(8 << 30)] + quick, port, (
                        lambda: api.is_healthy(port, "/health"))

        self.launch_retrying("etcd", command)

    def write_tokens(self):
        with open(self.path("tokens.csv"), "w") as file:
            for name, group in USERS:
                file.write("%s,%s,%s,\"%s\"\n" % (self.state["tokens"][name], name, name, group))

    def start_api_server(self, port, controllers):
        def certificate(name):
            return self.path("certificates", name)

        def make_command():
            self.state["port"] = port or processes.free_port()
            self.state["server"] = "https://127.0.0.1:%d" % self.state["port"]
            options = [
                "etcd-servers=" + self.state["etcd"],
                "bind-address=127.0.0.1", "secure-port=%d" % self.state["port"],
                # Nobody reaches this server through the service `kubernetes`, whose end points
                # may not be loopback.
                "advertise-address=127.0.0.1", "endpoint-reconciler-type=none",
                "service-cluster-ip-range=10.96.0.0/16", "allow-privileged=true",
                "cert-dir=" + self.path("certificates"),
                "tls-cert-file=" + certificate("serving.crt"),
                "tls-private-key-file=" + certificate("serving.key"),
                "client-ca-file=" + certificate("ca.crt"),
                "token-auth-file=" + self.path("tokens.csv"),
                "service-account-issuer=https://kubernetes.default.svc",
                "service-account-signing-key-file=" + certificate("service-accounts.key"),
                "service-account-key-file=" + certificate("service-accounts.key"),
                "authorization-mode=Node,RBAC",
                # The share of one client is a part of these, so that what is measured is the
                # client and not the limit.
                "max-requests-inflight=3000", "max-mutating-requests-inflight=3000"]
            if not controllers:
                # It refuses every pod whose namespace has no service account with a token, and
                # only the controller manager makes those.
                options.append("disable-admission-plugins=ServiceAccount")
            program = os.path.join(self.state["assets"], "kube-apiserver")
            command = [program] + ["--" + option for option in options]
            return command, self.state["port"], self.is_ready

        self.launch_retrying("kube-apiserver", make_command, 1 if port else ATTEMPTS)

    def connect(self):
        return api.Connection(self.folder, self.state["port"])

    def is_ready(self):
        connection = self.connect()
        try:
            return all(connection.call("GET", path)[0] == 200
                       for path in ("/readyz", "/api/v1/namespaces/default"))
        except OSError:
            return False
        finally:
            connection.close()

    def write_configurations(self):
        def encoded(name):
            with open(self.path("certificates", name), "rb") as file:
                return base64.b64encode(file.read()).decode()

        admin = {"client-certificate-data": encoded("admin.crt"),
                 "client-key-data": encoded("admin.key")}
        users = {"kubeconfig": admin}
        for name, token in self.state["tokens"].items():
            users[name.removeprefix("system:") + ".kubeconfig"] = {"token": token}
        for file_name, user in users.items():
            # JSON is YAML, which every reader of a kubeconfig takes.
            with open(self.path(file_name), "w") as file:
                os.fchmod(file.fileno(), 0o600)
                json.dump(configuration(self.state["server"], encoded("ca.crt"), user), file,
                          indent=2)
        with open(self.path("env"), "w") as file:
            for name, value in self.environment().items():
                file.write("export %s='%s'\n" % (name, value.replace("'", "'\\''")))
            file.write("export PATH=\"$MUSTER_KUBE_ASSETS:$PATH\"\n")

    def environment(self):
        values = {"KUBECONFIG": self.path("kubeconfig"), "MUSTER_KUBE_FOLDER": self.folder,
                  "MUSTER_KUBE_ASSETS": self.state["assets"],
                  "MUSTER_KUBE_SERVER": self.state["server"],
                  "MUSTER_KUBE_TOKEN": self.state["tokens"]["muster"]}
        if self.state.get("schedulerMetrics"):
            values["MUSTER_KUBE_SCHEDULER"] = self.state["schedulerMetrics"]
        return values

    def start_controllers(self):
        def is_ready():
            # With the account's token the admission of pods works.
            connection = self.connect()
            try:
                return connection.call(
                    "GET", "/api/v1/namespaces/default/serviceaccounts/default")[0] == 200
            except OSError:
                return False
            finally:
                connection.close()

        def command():
            return [os.path.join(self.state["assets"], "kube-controller-manager"),
                    "--kubeconfig", self.path("kube-controller-manager.kubeconfig"),
                    "--leader-elect=false", "--bind-address=127.0.0.1",
                    "--kube-api-qps=1000", "--kube-api-burst=1000",
                    "--service-account-private-key-file",
                    self.path("certificates", "service-accounts.key"),
                    "--root-ca-file", self.path("certificates", "ca.crt"),
                    "--cert-dir", self.path("certificates"),
                    # Nodes made here have no kubelet that renews their leases: this one would
                    # mark all of them unreachable and evict their pods.
                    "--controllers=*,-nodelifecycle",
                    "--secure-port=0", "--port=0"], None, is_ready

        self.launch_retrying("kube-controller-manager", command)

    def start_scheduler(self):
        """Kube-scheduler as the peer to measure against: its client's limits never bind."""
        client = {"kubeconfig": self.path("kube-scheduler.kubeconfig"), "qps": 5000,
                  "burst": 5000}
        document = {"apiVersion": "kubescheduler.config.k8s.io/v1beta1",
                    "kind": "KubeSchedulerConfiguration", "clientConnection": client,
                    "leaderElection": {"leaderElect": False}}

        def command():
            port = processes.free_port()
            address = "127.0.0.1:%d" % port
            self.state["schedulerMetrics"] = "http://%s/metrics" % address
            document.update(healthzBindAddress=address, metricsBindAddress=address)
            with open(self.path("kube-scheduler.json"), "w") as file:
                json.dump(document, file, indent=2)
            return [os.path.join(self.state["assets"], "kube-scheduler"),
                    "--config", self.path("kube-scheduler.json"), "--secure-port=0"], port, (
                        lambda: api.is_healthy(port, "/healthz"))

        self.launch_retrying("kube-scheduler", command)
