"""An S3 store on loopback that seems far away: Ceph, and before it a relay whose answers come later. Run as a program
(`far_store.py PORT STORE_PORT COUNTS_PORT LATENCY_S`) it is the relay, in a process of its own."""

import asyncio
import os
import socket
import struct
import subprocess
import sys
import time

TOOLS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LATENCY_S = 0.02
BUFFER = 256 << 10
WAITING_MAX = 64  # buffers of one connection that are on their way: more than any window here
WAIT_S = 60
COUNTS = struct.Struct("<QQQ")


class FarStore:
    """Ceph and the relay, from `start` to `stop`. Every place it gives is a bucket that nobody has used."""

    settings = {"AWS_ACCESS_KEY_ID": "snapstoretest", "AWS_SECRET_ACCESS_KEY": "snapstoretestsecret"}

    def __init__(self, memory_gib):
        self.memory_gib = memory_gib
        self.processes = []
        self.places = 0
        self.port = 0

    def start(self):
        store, monitor, self.port, counts = free_ports(4)
        ceph = subprocess.Popen([os.path.join(TOOLS, "run-ceph-s3"), str(store), str(monitor), str(self.memory_gib)],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.processes.append(ceph)
        if ceph.stdout.readline() != "ready\n":
            raise RuntimeError("Ceph does not start")
        self.counts_port = counts
        self.processes.append(subprocess.Popen([sys.executable, os.path.abspath(__file__), str(self.port), str(store), str(counts),
                                                str(LATENCY_S)], stdin=subprocess.PIPE))
        end = time.monotonic() + WAIT_S
        while True:
            try:
                self.counts()
                return self
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def stop(self):
        for process in reversed(self.processes):
            process.stdin.close()
        for process in self.processes:
            process.wait()

    def new_place(self, name):
        """A location as both programs write it."""
        self.places += 1
        return f"s3:http://127.0.0.1:{self.port}/{name}-{self.places}"

    def counts(self):
        """What went by so far: bytes to the store, bytes from it, turns (a request or a part of one, then an answer)."""
        with socket.create_connection(("127.0.0.1", self.counts_port)) as connection:
            return COUNTS.unpack(connection.recv(COUNTS.size, socket.MSG_WAITALL))


def free_ports(count):
    """Ports that were free a moment ago."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Relay:
    """Passes bytes on in both directions; those from the store arrive later, and none waits for another's time."""

    def __init__(self, store, latency):
        self.store, self.latency = store, latency
        self.up = self.down = self.turns = 0

    async def carry(self, client_reader, client_writer):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.store, limit=BUFFER)
        except OSError:
            client_writer.close()
            return
        waiting = asyncio.Queue(WAITING_MAX)
        told = {"asked": False}
        tasks = [asyncio.ensure_future(task) for task in (self.send(client_reader, writer, told), self.receive(reader, waiting, told),
                                                          self.deliver(waiting, client_writer))]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if not tasks[2].done():
            await asyncio.wait(tasks[1:], timeout=1)
        for task in tasks:
            task.cancel()
        writer.close()
        client_writer.close()

    async def send(self, reader, writer, told):
        while data := await reader.read(BUFFER):
            self.up += len(data)
            told["asked"] = True
            writer.write(data)
            await writer.drain()

    async def receive(self, reader, waiting, told):
        while data := await reader.read(BUFFER):
            self.down += len(data)
            self.turns += told["asked"]
            told["asked"] = False
            await waiting.put((time.monotonic() + self.latency, data))
        await waiting.put((0, b""))

    async def deliver(self, waiting, writer):
        while True:
            due, data = await waiting.get()
            if not data:
                return
            if (left := due - time.monotonic()) > 0:
                await asyncio.sleep(left)
            writer.write(data)
            await writer.drain()

    async def tell(self, _, writer):
        writer.write(COUNTS.pack(self.up, self.down, self.turns))
        await writer.drain()
        writer.close()


async def relay(port, store, counts, latency):
    """Until standard input ends."""
    one = Relay(store, latency)
    await asyncio.start_server(one.carry, "127.0.0.1", port, limit=BUFFER)
    await asyncio.start_server(one.tell, "127.0.0.1", counts)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(relay(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
