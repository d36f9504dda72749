"""Tests of the native tier compile anew: what a test means must not hang on the user's cache."""

from __future__ import annotations

import os

os.environ["TOTEM_NATIVE_CACHE"] = ""
