"""WeasyPrint and nothing else, what a report is measured against: HTML on stdin, the PDF on stdout."""

import sys
from pathlib import Path

from weasyprint import HTML

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    document = HTML(string=sys.stdin.read(), base_url=f"{ROOT}/")
    sys.stdout.buffer.write(document.write_pdf(pdf_variant="pdf/ua-1"))
