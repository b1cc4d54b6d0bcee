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
    """Passes bytes on in both directions; those from the store arrive later, and none waits for another's time. It runs on the
    cores that are measured, so nothing is copied but by the kernel: bytes go out of the buffer that they came into."""

    def __init__(self, store, latency):
        self.store, self.latency = store, latency
        self.up = self.down = self.turns = 0
        self.buffers = []
        self.loop = asyncio.get_running_loop()

    async def serve(self, listening, carry):
        running = set()
        while True:
            client, _ = await self.loop.sock_accept(listening)
            client.setblocking(False)
            task = asyncio.ensure_future(carry(client))
            running.add(task)
            task.add_done_callback(running.discard)

    async def carry(self, client):
        store = socket.socket()
        store.setblocking(False)
        try:
            for one in (client, store):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self.loop.sock_connect(store, ("127.0.0.1", self.store))
            await self.relay(client, store)
        except OSError:
            pass
        finally:
            store.close()
            client.close()

    async def relay(self, client, store):
        waiting = asyncio.Queue(WAITING_MAX)
        told = {"asked": False}
        tasks = [asyncio.ensure_future(task) for task in (self.send(client, store, told), self.receive(store, waiting, told),
                                                          self.deliver(waiting, client))]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if not tasks[2].done():
            await asyncio.wait(tasks[1:], timeout=1)
        for task in tasks:
            task.cancel()
        # Sockets are closed when nobody waits for them any more.
        await asyncio.gather(*tasks, return_exceptions=True)

    async def send(self, client, store, told):
        buffer = memoryview(bytearray(BUFFER))
        while count := await self.loop.sock_recv_into(client, buffer):
            self.up += count
            told["asked"] = True
            await self.loop.sock_sendall(store, buffer[:count])

    async def receive(self, store, waiting, told):
        while True:
            buffer = self.buffers.pop() if self.buffers else memoryview(bytearray(BUFFER))
            count = await self.loop.sock_recv_into(store, buffer)
            self.down += count
            self.turns += told["asked"]
            told["asked"] = False
            await waiting.put((time.monotonic() + self.latency, buffer, count))
            if count == 0:
                return

    async def deliver(self, waiting, client):
        while True:
            due, buffer, count = await waiting.get()
            if count == 0:
                return
            if (left := due - time.monotonic()) > 0:
                await asyncio.sleep(left)
            await self.loop.sock_sendall(client, buffer[:count])
            self.buffers.append(buffer)

    async def tell(self, client):
        await self.loop.sock_sendall(client, COUNTS.pack(self.up, self.down, self.turns))
        client.close()


async def relay(port, store, counts, latency):
    """Until standard input ends."""
    one = Relay(store, latency)
    tasks = []
    for number, carry in ((port, one.carry), (counts, one.tell)):
        listening = socket.create_server(("127.0.0.1", number), backlog=128)
        listening.setblocking(False)
        tasks.append(asyncio.ensure_future(one.serve(listening, carry)))
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(relay(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
