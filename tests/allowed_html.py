"""What may stand in an answer's HTML, said a second time and read by a second parser."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser
from urllib.parse import urlsplit

_TAGS = (
    "div span p br hr h1 h2 h3 h4 h5 h6 pre code a em strong s ul ol li blockquote table thead "
    "tbody tr th td"
)
_VALUES = {
    ("a", "rel"): r"noopener noreferrer nofollow",
    ("a", "href"): r"https?://[^/?#@\s\\]+([/?#][^\s\\<>\"]*)?|mailto:[^\s?&:/@]+@[^\s?&:/@]+",
    ("ol", "start"): r"\d{1,9}",
    ("td", "align"): r"left|right|center",
    ("th", "align"): r"left|right|center",
    ("div", "class"): r"secondme-table|highlight( secondme-cut)?",
    ("p", "class"): r"secondme-(note|cut)",
    ("pre", "class"): r"secondme-text",
    ("span", "class"): r"secondme-math( secondme-display)?|secondme-task|[a-z][a-z0-9]{0,2}",
}
_EMPTY = {"br", "hr"}


class _Inspection(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.typeset: list[str] = []
        self.links: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS.split():
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            if not re.fullmatch(_VALUES.get((tag, name), "(?!)"), value or ""):
                self.faults.append(f"<{tag} {name}={value!r}>")
        if tag == "a" and ("rel" not in dict(attrs) or "a" in self.open):
            self.faults.append(f"link {attrs}")
        if href := dict(attrs).get("href"):
            self.links.append((href, ""))
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if "a" in self.open and self.links:
            self.links[-1] = (self.links[-1][0], self.links[-1][1] + data)
        if not {"pre", "code"} & set(self.open):
            self.typeset.append(data)
        bad = re.search(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", data
        )
        if bad:
            self.faults.append(f"character {bad[0]!r}")

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"comment {data!r}")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(f"declaration {decl!r}")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"instruction {data!r}")


def faults_of(html: str) -> list[str]:
    """Return what stands in `html` that must not."""
    inspection = _inspect(html)
    return inspection.faults + [f"open {tag}" for tag in inspection.open]


def faults_of_text(text: str) -> list[str]:
    """Return what stands in `text` that a terminal or an editor obeys, or no file can hold."""
    return [f"U+{ord(c):04X}" for c in text if c not in "\n\t" and _is_trick(c)]


def _is_trick(character: str) -> bool:
    is_unseen = unicodedata.category(character) in {"Cc", "Cs"}
    is_tag = 0xE0000 <= ord(character) <= 0xE007F
    return is_unseen or is_tag or unicodedata.bidirectional(character) in _OVERRIDES


_OVERRIDES = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def faults_of_links(html: str) -> list[str]:
    """Return the links in `html` that may not be live, or whose words name another host."""
    faults = []
    for href, words in _inspect(html).links:
        parts = urlsplit(href)
        host = parts.hostname or parts.path.rpartition("@")[2]
        if parts.scheme not in {"http", "https", "mailto"} or not host or parts.username:
            faults.append(href)
        seen = re.sub("[\u3002\ua4f8]", ".", unicodedata.normalize("NFKC", words))
        seen = "".join(c for c in seen if unicodedata.category(c) not in {"Cf", "Me", "Mn"})
        claimed = re.match(rf".*?{_HOST}", f" {seen.strip()}", re.DOTALL)
        if (
            claimed
            and (claimed[1] or claimed[2]).removeprefix("www.") != host
            and not seen.rstrip().endswith(f"{host})")
        ):
            faults.append(f"{words} leads to {host}")
    return faults


_HOST = r"(?:[\s(\u00ab@]((?:[\w-]+\.)+[a-z]{2,}|localhost)|://(\w+(?:[.-]\w+)*))"


def text_of(html: str) -> str:
    """Return what a reader sees of `html`."""
    return "".join(_inspect(html).text)


def typeset_in(html: str) -> list[str]:
    """Return the math that MathJax would find: it looks into each text on its own."""
    found: list[str] = []
    for text in _inspect(html).typeset:
        found += re.findall(_MATH, text, re.DOTALL)
    return found


_MATH = r"\$\$.+?\$\$|\$.+?\$|\\\(.+?\\\)|\\\[.+?\\\]|\\begin\{.*?\\end\{|\\ref\{.*?\}"


def _inspect(html: str) -> _Inspection:
    inspection = _Inspection()
    inspection.feed(html)
    inspection.close()
    return inspection
