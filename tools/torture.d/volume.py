"""A small file system of its own for one repository, which can be made full."""

import errno
import os
import subprocess

SIZE = 192 << 20
INODES = 1_000_000


class Tmpfs:
    """A tmpfs; only root can mount it."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self._mount(f"size={SIZE},nr_inodes={INODES},mode=700", "tmpfs")
        self._ballast = os.path.join(folder, "ballast")

    def fill(self, free):
        """Leaves only so many bytes free."""
        with open(self._ballast, "ab") as file:
            while (length := self._free() - free) > 0:
                try:
                    os.posix_fallocate(file.fileno(), 0, file.seek(0, os.SEEK_END) + length)
                    return
                except OSError as failure:
                    # Whoever writes there was faster with the last bytes: once more, with what is left.
                    if failure.errno != errno.ENOSPC:
                        raise

    def _free(self):
        told = os.statvfs(self.folder)
        return told.f_bavail * told.f_frsize

    def limit_inodes(self, free):
        """Leaves only so many inodes free."""
        told = os.statvfs(self.folder)
        # The root and what is being made right now count as well: a limit below what is used is refused.
        self._mount(f"remount,nr_inodes={told.f_files - told.f_ffree + free + 3}", "tmpfs")

    def empty(self):
        """Makes space again."""
        self._mount(f"remount,nr_inodes={INODES}", "tmpfs")
        if os.path.exists(self._ballast):
            os.unlink(self._ballast)

    def unmount(self):
        """Gives it back; where something that was interrupted still has a file open, as soon as it ends."""
        subprocess.run(["umount", "--lazy", self.folder], check=True)

    def _mount(self, options, kind):
        subprocess.run(["mount", "-t", kind, "-o", options, "snapstore-torture", self.folder], check=True)
