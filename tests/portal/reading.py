"""Read a page as a person does: the words of a piece of it, without the markup."""

import re
from html import unescape

from django.http import HttpResponse


def words(html: str) -> str:
    """The text of some HTML on one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def rows(html: str) -> list[list[str]]:
    """The cells of a list of tickets, without the last activity, which depends on today."""
    found = []
    for row in re.findall(r"<tr data-row.*?</tr>", html, re.DOTALL):
        cells = re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
        found.append([words(cell) for cell in cells if "<time" not in cell])
    return found


def numbers(html: str) -> list[str]:
    """The tickets of a list, in its order."""
    return [row[1] for row in rows(html)]


def said(html: str) -> list[tuple[str, str]]:
    """A conversation: who wrote which words."""
    messages = re.findall(r'<article class="message".*?<b>(.*?)</b>.*?<div class="prose">(.*?)</div>', html, re.DOTALL)
    return [(words(name), words(text)) for name, text in messages]


def told(html: str) -> list[str]:
    """The lines between the messages."""
    return [words(line) for line in re.findall(r'<div class="event"><span>(.*?)</span>', html, re.DOTALL)]


def errors(html: str) -> str:
    """What stands on top of a refused form."""
    found = re.search(r'<div class="errors".*?</div>', html, re.DOTALL)
    return words(found[0]) if found else ""


def headers(answer: HttpResponse) -> dict[str, str]:
    """What it sent along, without the number that every request gets."""
    return {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}


def settled(html: str) -> str:
    """The page without what is random in it: the mask of its token, its one-time keys."""
    token = re.sub(r'(name="csrfmiddlewaretoken" value="|"X-CSRFToken": ")\w+"', r'\1…"', html)
    return re.sub(r'name="form_key" value="[^"]+"', 'name="form_key"', token)
