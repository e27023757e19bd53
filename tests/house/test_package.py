"""The wheel holds everything that the product's folders hold: manifests, SQL, pages, samples."""

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.house.tree import PACKAGES, copy_to, tracked


def test_every_file_of_the_product_is_in_the_wheel(tmp_path: Path) -> None:
    copy_to(tmp_path / "tree")
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--quiet", "--disable-pip-version-check"]
    build = [sys.executable, "-m", "pip", "wheel", *offline, "--wheel-dir", str(tmp_path), str(tmp_path / "tree")]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    product = {path.as_posix() for path in tracked() if path.parts[0] in (*PACKAGES, "nexus.py")}
    scripts_of_the_checkout = {name for name in product if name.startswith("infra/deploy/")}
    assert product - scripts_of_the_checkout - inside == set()
