"""A network between two processes on this machine, which can be cut, held up, and lose answers."""
import select
import socket
import threading
import time


class Network:
    """Forwards TCP connections to a port, as long as it is whole.

    `cut` refuses new connections and breaks those there are; `stalled` takes what comes and passes
    nothing on; `deaf` passes on what is sent and loses what is answered, so that who sends never
    knows whether it arrived.
    """
    STATES = ("whole", "cut", "stalled", "deaf")

    def __init__(self, port):
        self.target = port
        self.state = "whole"
        self.open = set()
        self.lock = threading.Lock()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.listener = None
        self.set("whole")

    def set(self, state):
        """From now on the network is like that."""
        self.state = state
        if state == "cut":
            listener, self.listener = self.listener, None
            if listener:
                # Closing alone would not wake who waits in accept.
                listener.shutdown(socket.SHUT_RDWR)
                listener.close()
            with self.lock:
                for connection in list(self.open):
                    try:
                        connection.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass
        elif self.listener is None:
            self.listener = socket.socket()
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind(("127.0.0.1", self.port))
            self.listener.listen(64)
            threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client):
        try:
            server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
        except OSError:
            client.close()
            return
        both = {client, server}
        with self.lock:
            self.open |= both
        try:
            while self.state != "cut":
                if self.state == "stalled":
                    time.sleep(0.05)
                    continue
                for source in select.select([client, server], [], [], 0.2)[0]:
                    data = source.recv(65536)
                    if not data:
                        return
                    if source is client:
                        server.sendall(data)
                    elif self.state == "whole":
                        client.sendall(data)
        except OSError:
            pass
        finally:
            with self.lock:
                self.open -= both
            for connection in both:
                connection.close()
