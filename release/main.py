"""The first lines of `dai-gate.pyz`. Kept to what every Python reads, so that an old one can say what is wrong."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - somebody may well start it with an older one
    sys.stderr.write("dai-gate needs Python 3.11 or later; this is %d.%d\n" % sys.version_info[:2])  # noqa: UP031 - as above
    sys.exit(2)

ARCHIVE = sys.path[0]
LOADER = globals()["__loader__"]

# Modules come from this file and from Python's own library, never from packages that happen to be installed beside it.
# Compiled ones first, where there are some for this Python: none is ever written, here or elsewhere.
INSTALLED = ("site-packages", "dist-packages")
sys.path[:] = [ARCHIVE + "/" + str(sys.implementation.cache_tag), ARCHIVE + "/lib"] + [
    path for path in sys.path[1:] if not path.replace("\\", "/").rstrip("/").endswith(INSTALLED)
]

# certifi hands out its certificates as a file. `requests` asks for it whenever it is imported, and each process would
# leave a copy in the temporary folder. The gate reads the text instead; the path is one that exists, and nobody opens.
certifi = type(sys)("certifi")
certifi.where = lambda: ARCHIVE  # type: ignore[attr-defined]  # a module gets what it has here
PEM = ARCHIVE + "/lib/certifi/cacert.pem"
certifi.contents = lambda: LOADER.get_data(PEM).decode()  # type: ignore[attr-defined]  # as above
sys.modules["certifi"] = certifi

import gate.__main__  # noqa: E402, F401 - runs the command
