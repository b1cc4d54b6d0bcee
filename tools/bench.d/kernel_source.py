"""Corpus `source`: a kernel source tree in two real versions, from Debian's linux-source packages.

State 2 is what a `git pull` would leave: files whose content is the same in both versions keep the time stamp
of state 1. (Unpacked from its tar, every file would carry a new one, which no user's tree does.)
"""

import filecmp
import os
import re
import shutil
import subprocess

# Below full scale, these subtrees only: enough to try the bench, unpacked in a second.
SUBSET = ["kernel", "lib", "mm", "net/ipv4"]


def build(target, scale):
    """Unpack the oldest and the newest version that the system's apt sources list."""
    package = newest_package()
    versions = wanted_versions(package)
    for state, version in zip(("state1", "state2"), versions):
        unpack(package, version, target, os.path.join(target, state), scale)
    same, changed = keep_times_of_unchanged(os.path.join(target, "state1"), os.path.join(target, "state2"))
    return {"about": f"{package}: {versions[0]} -> {versions[1]}", "unchanged": same, "changed or new": changed}


def newest_package():
    """linux-source-6.1 where it is served, so that figures compare; else the newest of this release."""
    told = output("apt-cache", "search", "--names-only", "^linux-source-[0-9.]+$")
    names = re.findall(r"^(linux-source-\S+)", told, re.MULTILINE)
    if not names:
        raise SystemExit("bench: apt lists no linux-source package; run `apt-get update` as root and try again")
    return "linux-source-6.1" if "linux-source-6.1" in names else max(names, key=version_key)


def wanted_versions(package):
    """Two versions, older first; SNAPSTORE_BENCH_KERNELS="A B" names others than the oldest and newest listed."""
    if os.environ.get("SNAPSTORE_BENCH_KERNELS"):
        versions = os.environ["SNAPSTORE_BENCH_KERNELS"].split()
    else:
        told = output("apt-cache", "madison", package).splitlines()
        listed = sorted({line.split("|")[1].strip() for line in told if line.count("|") >= 2}, key=version_key)
        versions = [listed[0], listed[-1]] if listed else []
    if len(set(versions)) != 2:
        raise SystemExit(f"bench: two versions of {package} are needed, apt lists: {' '.join(versions) or 'none'};"
                         " run `apt-get update` as root and try again")
    return versions


def version_key(text):
    """Orders version numbers as numbers."""
    return [int(digits) for digits in re.findall(r"\d+", text)]


def unpack(package, version, folder, into, scale):
    """Download one package (without installing it) and unpack the source tar inside."""
    downloads = os.path.join(folder, "download")
    os.makedirs(downloads)
    os.makedirs(into)
    subprocess.run(["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", f"{package}={version}"],
                   cwd=downloads, check=True)
    deb = os.path.join(downloads, os.listdir(downloads)[0])
    choice = "" if scale == 1 else " ".join(f"{package}/{name}" for name in SUBSET)
    subprocess.run(["bash", "-euo", "pipefail", "-c",
                    f'dpkg-deb --fsys-tarfile "$1" | tar -xO ./usr/src/{package}.tar.xz |'
                    f' tar -xJ --strip-components=1 -C "$2" {choice}', "bash", deb, into], check=True)
    shutil.rmtree(downloads)


def keep_times_of_unchanged(old, new):
    """Give every file, link and untouched directory of `new` the times of its equal in `old`; count both kinds."""
    same = changed = 0
    for folder, directories, files in os.walk(new, topdown=False):
        before = os.path.join(old, os.path.relpath(folder, new))
        links = [name for name in directories if os.path.islink(os.path.join(folder, name))]
        equal = [name for name in files + links if is_equal(os.path.join(before, name), os.path.join(folder, name))]
        for name in equal:
            copy_times(os.path.join(before, name), os.path.join(folder, name))
        same += len(equal)
        changed += len(files) + len(links) - len(equal)
        names_same = os.path.isdir(before) and sorted(os.listdir(before)) == sorted(os.listdir(folder))
        if names_same and len(equal) == len(files) + len(links):
            copy_times(before, folder)
    return same, changed


def is_equal(one, two):
    """Same kind and same content (of links: same target)."""
    if os.path.islink(one) or os.path.islink(two):
        return os.path.islink(one) and os.path.islink(two) and os.readlink(one) == os.readlink(two)
    return os.path.isfile(one) and filecmp.cmp(one, two, shallow=False)


def copy_times(origin, target):
    """Copy the modification time to the nanosecond."""
    time = os.lstat(origin).st_mtime_ns
    os.utime(target, ns=(time, time), follow_symlinks=False)


def output(*command):
    """What a command prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
