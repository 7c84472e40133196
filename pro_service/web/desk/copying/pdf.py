"""A paper as a PDF: A4 across, tables with their heads on every page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any, Final

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from pro_service.web.desk.copying.paper import Paper, Part, Table

_CHINESE: Final = "STSong-Light"
"""One of the fonts every PDF reader has for Chinese; it need not be embedded."""
_LATIN: Final = "Helvetica"
_MARGIN: Final[float] = 12 * mm
_PAGE: Final[tuple[float, float]] = landscape(A4)
_SIZE: Final = 8.0
_LEADING: Final = 1.3
_PAD: Final[float] = 1.2 * mm
_NARROWEST: Final[float] = 14 * mm
_PIECE: Final = re.compile(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+|\s+")
"""What a line may be broken after: one Chinese character, a word, blanks."""


def paper_pdf(paper: Paper) -> bytes:
    """The paper as a PDF; the same paper gives the same file."""
    pdfmetrics.registerFont(UnicodeCIDFont(_CHINESE))
    out = BytesIO()
    canvas = Canvas(out, pagesize=_PAGE, invariant=1)
    canvas.setTitle(paper.title)
    canvas.setAuthor("")
    _Sheet(canvas, paper.title).write(paper)
    canvas.save()
    return out.getvalue()


class _Sheet:
    """Writes from top to bottom, and goes on to the next page where one is full."""

    def __init__(self, canvas: Any, title: str) -> None:
        self.canvas, self.title = canvas, title
        self.width = _PAGE[0] - 2 * _MARGIN
        self.page = 1
        self.y: float = _PAGE[1] - _MARGIN

    def write(self, paper: Paper) -> None:
        self.lines([paper.title], 14)
        self.lines(paper.lines, 9)
        for part in paper.parts:
            self.part(part)
        self.foot()

    def part(self, part: Part) -> None:
        self.room(60)
        self.y -= 10
        self.lines([part.title], 12)
        self.lines(part.lines, 9)
        if part.table is not None:
            self.table(part.table)

    def lines(self, texts: Sequence[str], size: float) -> None:
        for text in texts:
            for line in wrapped(text, self.width, size):
                self.room(size * _LEADING)
                self.y -= size * _LEADING
                self.draw(line, _MARGIN, self.y, size)
        self.y -= 3

    def table(self, table: Table) -> None:
        widths = _widths(table, self.width)
        heads = _cells(table.heads, widths)
        self.row(heads, widths, shade=True)
        for row in table.rows:
            cells = _cells(row, widths)
            # A cell longer than a page goes on in a row of its own.
            for part in _pieces(cells, self.most_lines()):
                if not self.fits(part):
                    self.turn()
                    self.row(heads, widths, shade=True)
                self.row(part, widths)

    def most_lines(self) -> int:
        return int((_PAGE[1] - 2 * _MARGIN - 80) / (_SIZE * _LEADING))

    def height(self, cells: Sequence[Sequence[str]]) -> float:
        return max(len(one) for one in cells) * _SIZE * _LEADING + 2 * _PAD

    def fits(self, cells: Sequence[Sequence[str]]) -> bool:
        return self.y - self.height(cells) > _MARGIN + 10

    def row(
        self, cells: Sequence[Sequence[str]], widths: Sequence[float], *, shade: bool = False
    ) -> None:
        height, left = self.height(cells), _MARGIN
        for lines, width in zip(cells, widths, strict=True):
            if shade:
                self.canvas.setFillGray(0.92)
                self.canvas.rect(left, self.y - height, width, height, stroke=0, fill=1)
                self.canvas.setFillGray(0)
            self.canvas.rect(left, self.y - height, width, height, stroke=1, fill=0)
            for number, line in enumerate(lines, start=1):
                self.draw(line, left + _PAD, self.y - number * _SIZE * _LEADING, _SIZE)
            left += width
        self.y -= height

    def draw(self, text: str, x: float, y: float, size: float) -> None:
        self.canvas.setFont(_font(text), size)
        self.canvas.drawString(x, y, text)

    def room(self, height: float) -> None:
        if self.y - height < _MARGIN + 10:
            self.turn()

    def turn(self) -> None:
        self.foot()
        self.canvas.showPage()
        self.canvas.setLineWidth(0.4)
        self.page += 1
        self.y = _PAGE[1] - _MARGIN

    def foot(self) -> None:
        self.draw(f"{self.title}   {self.page}", _MARGIN, _MARGIN - 4, 7)


def wrapped(text: str, width: float, size: float) -> list[str]:
    """A text in lines that fit `width` (points); what has no place to break is broken anywhere."""
    font = _font(text)
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for piece in _small_enough(paragraph, font, width, size):
            if line and pdfmetrics.stringWidth(line + piece, font, size) > width:
                lines.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
        lines.append(line.rstrip())
    return lines


def _small_enough(text: str, font: str, width: float, size: float) -> Iterator[str]:
    """The pieces of a text, those wider than a line cut up."""
    for piece in _PIECE.findall(text):
        if pdfmetrics.stringWidth(piece, font, size) <= width:
            yield piece
        else:
            yield from piece


def _font(text: str) -> str:
    """A font that has every character of a text."""
    return _LATIN if text.isascii() else _CHINESE


def _cells(texts: Sequence[str], widths: Sequence[float]) -> list[list[str]]:
    return [
        wrapped(text, width - 2 * _PAD, _SIZE) for text, width in zip(texts, widths, strict=True)
    ]


def _pieces(cells: Sequence[Sequence[str]], most: int) -> Iterator[list[Sequence[str]]]:
    """A row in pieces of at most so many lines."""
    for start in range(0, max(len(one) for one in cells), most):
        yield [one[start : start + most] or [""] for one in cells]


def _widths(table: Table, whole: float) -> list[float]:
    """How wide each column is: by its usual length, none too narrow to be read."""
    count = len(table.heads)
    rows = [table.heads, *table.rows[:200]]
    usual = [min(sum(len(row[n]) for row in rows) / len(rows) + 4, 60) for n in range(count)]
    spare = whole - count * _NARROWEST
    return [_NARROWEST + spare * one / sum(usual) for one in usual]
