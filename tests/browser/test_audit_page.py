# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of an audit in a real browser: nothing is asked of the network, nothing runs, nothing overflows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest
from unit.report._audits import reworded, sample

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.audit_html import page
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.audit_view import view

WILD = "<img src=http://192.0.2.1/x><script>document.title='run'</script>" + "x" * 300
# Shows the page in frames of several widths and says how wide each really is, and how dark.
LOOK = """<!DOCTYPE html><title>wait</title>{frames}<script>
onload = () => {{
  const seen = [...document.querySelectorAll("iframe")].map(frame => {{
    const page = frame.contentDocument, style = getComputedStyle(page.body);
    return {{width: frame.clientWidth, needed: page.documentElement.scrollWidth, back: style.backgroundColor,
             title: page.title, scripts: page.scripts.length, images: page.images.length}};
  }});
  document.title = JSON.stringify(seen);
}};
</script>"""
WIDTHS = (320, 768, 1280)


@pytest.fixture(scope="module")
def chromium() -> str:
    """The browser's program."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "install Chromium first (Debian: apt-get install chromium)"
    return found


@pytest.mark.parametrize(("scheme", "back"), [("1", "rgb(255, 255, 255)"), ("0", "rgb(20, 23, 26)")])
def test_page_in_a_browser(chromium: str, tmp_path: Path, scheme: str, back: str) -> None:
    """With hostile words in each field, in light and dark, on a phone and on a desk."""
    run, history = sample()
    words: dict[str, int] = {}
    hostile = reworded(run, lambda text: f"{words.setdefault(text, len(words))} {WILD}")
    (tmp_path / "page.html").write_text(page(view(hostile, history)))
    frames = "".join(f'<iframe src="page.html" style="width:{width}px;border:0"></iframe>' for width in WIDTHS)
    (tmp_path / "look.html").write_text(LOOK.format(frames=frames))
    log = tmp_path / "net.json"
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--user-data-dir={tmp_path / 'profile'}"]
    command += ["--allow-file-access-from-files", "--virtual-time-budget=5000", f"--log-net-log={log}", "--dump-dom"]
    command += [f"--blink-settings=preferredColorScheme={scheme}", (tmp_path / "look.html").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search("<title>(.*?)</title>", done.stdout)
    assert found is not None
    for frame, width in zip(json.loads(unescape(found.group(1))), WIDTHS, strict=True):
        assert (frame["width"], frame["needed"]) == (width, width)
        assert frame["back"] == back
        assert frame["title"].startswith("Kubelet audit of 2026-11-24 03:00 UTC")
        assert (frame["scripts"], frame["images"]) == (0, 0)
    assert "192.0.2.1" not in log.read_text(errors="replace")
