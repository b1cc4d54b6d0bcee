"""A small file system of its own for one repository, which can be made full."""

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
        told = os.statvfs(self.folder)
        length = told.f_bavail * told.f_frsize - free
        if length > 0:
            with open(self._ballast, "ab") as file:
                os.posix_fallocate(file.fileno(), file.tell(), length)

    def limit_inodes(self, free):
        """Leaves only so many inodes free."""
        told = os.statvfs(self.folder)
        self._mount(f"remount,nr_inodes={told.f_files - told.f_ffree + free}", "tmpfs")

    def empty(self):
        """Makes space again."""
        self._mount(f"remount,nr_inodes={INODES}", "tmpfs")
        if os.path.exists(self._ballast):
            os.unlink(self._ballast)

    def unmount(self):
        """Gives it back."""
        subprocess.run(["umount", self.folder], check=True)

    def _mount(self, options, kind):
        subprocess.run(["mount", "-t", kind, "-o", options, "snapstore-torture", self.folder], check=True)
