"""Many objects at once, faster than one process could post them."""
import multiprocessing
import os
import sys
import threading

from cluster import Cluster

WORKERS = 4
CONNECTIONS = 8


def post_all(folder, calls):
    """Posts bodies over a few connections each of a few processes; all must answer 201."""
    def work(part):
        failures = []

        def thread(own):
            connection = Cluster.load(folder).connect()
            for path, body in own:
                status, answer = connection.call("POST", path, body)
                if status != 201:
                    failures.append("%s: %s" % (path, answer))
                    return
        threads = [threading.Thread(target=thread, args=(part[n::CONNECTIONS],))
                   for n in range(CONNECTIONS)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        if failures:
            print(failures[0], file=sys.stderr)
        os._exit(1 if failures else 0)

    workers = [multiprocessing.Process(target=work, args=(calls[n::WORKERS],))
               for n in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        if worker.exitcode != 0:
            sys.exit("a request was refused")
