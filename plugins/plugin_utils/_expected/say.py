# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Differences in words: what a value is called, what it is, what it should be and who says so."""

from __future__ import annotations

from collections.abc import Sequence

from .._model.expected import Difference, Source
from .defaults import effective
from .matchers import value_text, words

_CERTIFICATES = {
    "client": "client certificate",
    "serving": "serving certificate",
    "client-ca": "CA of clientCAFile",
    "server-ca": "CA of the kubeconfig",
}


def label(path: str) -> str:
    """What a value is called in a sentence: ``clusterDNS``, ``mode of /etc/kubernetes/kubelet.conf``."""
    group, _dot, rest = path.partition(".")
    name = rest.rpartition(".")
    if group == "flags":
        return f"--{rest}"
    if group == "files":
        return f"{name[2]} of {name[0]}"
    if group == "unit":
        if rest == "dropins":
            return "drop-ins"
        return (
            f"{name[2]} of {name[0].removeprefix('dropins.')}"
            if rest.startswith("dropins.")
            else f"unit file {name[2]}"
        )
    if group == "certificates":
        return f"{name[2].replace('_', ' ')} of the {_CERTIFICATES.get(name[0], name[0])}"
    spoken = {"versions": "{} version", "kernel": "{}", "config": "{}", "kubeconfig": "{} of the kubeconfig"}
    if group in spoken:
        return spoken[group].format(rest.replace("ca_sha256", "CA"))
    return f"{group if group != 'cni' else 'CNI'} {rest.replace('.', ' ').replace('_', ' ')}"


def names(sources: Sequence[Source]) -> str:
    """``kubelet-config and 4 of 5 peers``; the same name once."""
    texts = list(dict.fromkeys(source.text for source in sources))
    return f"{', '.join(texts[:-1])} and {texts[-1]}" if len(texts) > 1 else texts[0]


def expected_by(difference: Difference) -> str:
    """``expected 10.96.0.10 by kubelet-config and 4 of 5 peers``."""
    matcher = difference.expected.matcher
    wanted = value_text(matcher.value) if matcher.kind == "exact" else words(matcher)
    if _is_text(difference):
        wanted = _apart(difference)[2]
    elif _of_list(difference):
        wanted = "without it" if _of_list(difference).startswith("with ") else "with it"
    return f"expected {wanted} by {names((difference.expected.source, *difference.agreeing))}"


def shown(difference: Difference) -> str:
    """``clusterDNS: 10.96.0.99; expected 10.96.0.10 by kubelet-config``, with the place of the value."""
    place = place_of(difference)
    at = f" ({place})" if place.startswith("/") and place not in difference.path else ""
    return f"{seen_text(difference)}{at}; {expected_by(difference)}"


def told(difference: Difference) -> str:
    """As :func:`shown` without the place, and with what other sources expect instead."""
    text = f"{seen_text(difference)}; {expected_by(difference)}"
    for other in difference.dissenting[:3]:
        value = value_text(other.matcher.value) if other.matcher.kind == "exact" else words(other.matcher)
        text += f", {value} by {other.source.text}"
    return text


def seen_text(difference: Difference) -> str:
    """``clusterDNS: 10.96.0.99``."""
    value = difference.seen.value if difference.seen else None
    text = _apart(difference)[1] if _is_text(difference) else _of_list(difference) or value_text(value)
    default = effective(difference.path, None) if value is None else None
    unset = f"not set, so {value_text(default)}"
    return f"{label(difference.path)}: {text if default is None else unset}"


def _of_list(difference: Difference) -> str:
    """``with /etc/.../30-local.conf`` of a list that only has more, or only less, than is expected; else empty."""
    seen, wanted = difference.seen.value if difference.seen else None, difference.expected.matcher.value
    if not (isinstance(seen, list) and isinstance(wanted, list) and difference.expected.matcher.kind == "exact"):
        return ""
    more, less = [item for item in seen if item not in wanted], [item for item in wanted if item not in seen]
    if bool(more) == bool(less) or not seen or not wanted:
        return ""
    return f"with {value_text(more)}" if more else f"without {value_text(less)}"


def place_of(difference: Difference) -> str:
    """Where the value stands: file and line, where it is written; of a text its first line that differs."""
    place = difference.seen.place if difference.seen else ""
    return f"{place}:{_apart(difference)[0]}" if place and _is_text(difference) else place


def _is_text(difference: Difference) -> bool:
    """True for the text of a unit file, of which only the first line that differs is shown."""
    return (
        difference.path.endswith(".content")
        and difference.expected.matcher.kind == "exact"
        and difference.seen is not None
    )


def _apart(difference: Difference) -> tuple[int, str, str]:
    """Number of the first line that differs, the line as it is, and as it should be."""
    seen = str(difference.seen.value if difference.seen else "").splitlines()
    wanted = str(difference.expected.matcher.value).splitlines()
    length = max(len(seen), len(wanted))
    pairs = zip(seen + [""] * (length - len(seen)), wanted + [""] * (length - len(wanted)), strict=True)
    for number, (one, other) in enumerate(pairs, 1):
        if one.rstrip() != other.rstrip():
            return number, value_text(one) if one else "no such line", value_text(other) if other else "no such line"
    return 1, "white space", "other white space"
