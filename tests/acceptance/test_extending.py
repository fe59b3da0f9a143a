"""What the page on extending shows of a projection is one: its test passes."""

import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/how-to/extend.md"
PYTHON = re.compile(r"^ *```python\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


def test_the_projection_of_the_page_passes_its_test(tmp_path: Path) -> None:
    (section,) = re.findall(r"^## A projection$.*?(?=^## )", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    module = tmp_path / "test_unpaid.py"
    module.write_text("\n\n".join(map(dedent, PYTHON.findall(section))))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(ROOT),
        str(module),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout
