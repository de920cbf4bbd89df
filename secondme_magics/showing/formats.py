"""How an answer may be shown."""

from __future__ import annotations

from typing import Literal

Format = Literal["markdown", "text", "json", "code"]
