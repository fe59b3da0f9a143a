"""What the page on extending shows of a projection is one: its test passes."""

import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import psycopg

from tests.acceptance.installation import Installation

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/how-to/extend.md"
SQL = re.compile(r"^ *```sql\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
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


def test_a_projection_that_is_removed_leaves_nothing_and_may_come_back(own_book: Installation) -> None:
    (removing,) = SQL.findall(PAGE.read_text())
    assert own_book.carnet("project", "--once").code == 0
    shown = (
        "select count(*) from pg_views where schemaname = 'read' and definition like '%%read_deadlines_1.%%'"
    )
    assert own_book.rows(shown) != [(0,)]
    with psycopg.connect(own_book.book, autocommit=True) as owner:
        owner.execute(dedent(removing).replace("unpaid", "deadlines").encode())
    assert own_book.rows(shown) == [(0,)]
    assert own_book.rows("select to_regnamespace('read_deadlines_1')::text") == [(None,)]
    assert own_book.carnet("project", "--once").code == 0
    (build,) = own_book.carnet("project", "builds", "deadlines", "--json").json
    assert (build["build"], build["state"]) == (2, "live")
