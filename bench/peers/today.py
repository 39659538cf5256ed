"""Backs a directory up as people do today with XRootD's Python bindings: walk, ask for each file, copy what is missing.

    today.py DIRECTORY root://server /path

One request after the other, one CopyProcess for all that is missing, one job at a time. The last line is JSON.
"""

import json
import os
import sys
import time

from XRootD import client


def main(directory, server, base):
    start = time.perf_counter()
    file_system = client.FileSystem(server)
    process = client.CopyProcess()
    copied = present = 0
    for root, _, names in os.walk(directory):
        for name in names:
            local = os.path.join(root, name)
            remote = base + "/" + os.path.relpath(local, directory)
            status, info = file_system.stat(remote)
            if status.ok and info.size == os.path.getsize(local):
                present += 1
                continue
            process.add_job(local, server + "/" + remote, mkdir=True)
            copied += 1
    if copied:
        for status in (process.prepare(), process.run()[0]):
            if not status.ok:
                sys.exit(status.message)
    print(json.dumps({"innerSeconds": time.perf_counter() - start, "copied": copied, "present": present}))


main(*sys.argv[1:])
