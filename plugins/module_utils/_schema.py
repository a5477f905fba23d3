# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and limits that the node side and the controller side share."""

from __future__ import annotations

BUNDLE_FORMAT = "node-bundle/1"

# What became of one part of the evidence.
OK = "ok"
ABSENT = "absent"
DENIED = "denied"
TIMEOUT = "timeout"
TRUNCATED = "truncated"
ERROR = "error"
NOT_COLLECTED = "not_collected"
STATUSES = (OK, ABSENT, DENIED, TIMEOUT, TRUNCATED, ERROR, NOT_COLLECTED)

# What became of one probe (a probe can also be ABSENT, TIMEOUT, DENIED or ERROR).
REFUSED = "refused"
UNRESOLVED = "unresolved"

# Parts of the evidence. The first five are read on the node, the last one on a control plane host.
UNITS = "units"
JOURNAL = "journal"
KERNEL = "kernel"  # stands where a unit's name does: the kernel's messages of this boot
FILES = "files"
HOST = "host"
PROBES = "probes"
CLUSTER = "cluster"
NODE_PARTS = (UNITS, JOURNAL, FILES, HOST, PROBES)
PARTS = (*NODE_PARTS, CLUSTER)

# Where the kubelet listens unless it is told otherwise (KubeletConfiguration: healthzPort, port).
HEALTHZ_PORT = 10248
SERVING_PORT = 10250

# Where repairs leave their records on a node, the file that a running one locks, and the states of those that ended.
REPAIR_RECORDS = "/var/lib/nodeclinic/repairs"
REPAIR_LOCK = "/run/nodeclinic/repair.lock"
REPAIR_ENDED = ("committed", "rolled_back", "failed")

# How the names of certificate requests begin that we make for a node; they are not its kubelet's.
OWN_REQUESTS = "nodeclinic-"

# Limits. A diagnosis returns at most MAX_EVIDENCE_BYTES of JSON; MAX_FILES_BYTES and MAX_PATTERN_BYTES are its shares.
MAX_EVIDENCE_BYTES = 256 * 1024
MAX_PROCESSES = 25
MAX_FILES = 80
MAX_ABSENT_FILES = 80
MAX_FILE_BYTES = 32 * 1024
MAX_FILES_BYTES = 96 * 1024
MAX_DIRECTORY_ENTRIES = 200
MAX_PROBE_BODY_BYTES = 400
MAX_MESSAGE_CHARS = 2000
MAX_JOURNAL_LINES = 2000
MAX_RUNTIME_JOURNAL_LINES = 300
MAX_KERNEL_LINES = 1000
MAX_JOURNAL_READ_BYTES = 8 * 1024 * 1024
MAX_PATTERNS = 200
MAX_PATTERN_BYTES = 64 * 1024
MAX_STARTS = 60
