"""What `import totemlang` gives: the language at once, the consortium when it is asked for."""

from __future__ import annotations

import subprocess
import sys

import totemlang


def test_every_name_of_the_face_is_there() -> None:
    for name in totemlang.__all__:
        assert getattr(totemlang, name) is not None
    assert not hasattr(totemlang, "provider")


def test_the_language_does_not_wait_for_the_consortium() -> None:
    script = "import sys, totemlang; print('cryptography' in sys.modules, totemlang.Consumer)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "False <class 'totemlang.node.consumer.Consumer'>\n"
