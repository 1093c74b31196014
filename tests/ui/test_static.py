"""What the browser loads: small, ours alone, kept for ever and never stale; and no template that the policy would block."""

import gzip
import re
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

import deskhand
from deskhand.ui import assets, jinja

PACKAGE = Path(deskhand.__file__).parent
TEMPLATES = sorted(PACKAGE.glob("*/templates/**/*.html"))
# A mail has no style sheet: its look is in its attributes, and no policy of ours reaches the reader's program.
PAGES = [path for path in TEMPLATES if path.relative_to(PACKAGE).parts[0] not in {"mail", "notifications"}]


def answer(request: HttpRequest) -> HttpResponse:
    response = assets.Assets(lambda _: HttpResponse("the desk"))(request)
    assert isinstance(response, HttpResponse)
    return response


def total(suffix: str) -> int:
    return sum(len(asset.packed) for name, asset in assets.assets().items() if name.endswith(suffix))


def test_styles_and_scripts_stay_small() -> None:
    assert total(".css") <= 20_000
    assert total(".js") <= 31_000


def test_every_style_sheet_is_in_the_bundle_and_the_tokens_come_first() -> None:
    bundle = assets.assets()["deskhand.css"].plain.decode()
    sources = sorted((PACKAGE / "ui" / "static" / "css").rglob("*.css"))
    assert [path.name for path in sources if path.read_text() not in bundle] == []
    assert bundle.startswith((PACKAGE / "ui" / "static" / "css" / "tokens.css").read_text())


def test_all_our_modules_are_one_script_and_each_comes_after_what_it_needs() -> None:
    script = assets.assets()["js/deskhand.js"].plain.decode()
    modules = {path.stem for path in (PACKAGE / "ui" / "static" / "js").iterdir()} - {"set_up"}
    made = re.findall(r"^const \$(\w+) = \(\(\) => \{$", script, flags=re.M)
    assert len(made) == len(modules)
    assert set(made) == modules
    for name in made:
        source = (PACKAGE / "ui" / "static" / "js" / f"{name}.js").read_text()
        needed = re.findall(r"""["']\./(\w+)\.js["']""", source)
        assert [each for each in needed if made.index(each) > made.index(name)] == [], name
    assert re.findall(r"^(?:import|export)\b.*|import\(", script, flags=re.M) == []


def test_what_a_module_offers_is_what_the_others_take() -> None:
    script = assets.assets()["js/deskhand.js"].plain.decode()
    offered = dict(re.findall(r"const \$(\w+) = .*?^return \{ (.*?) \};$", script, flags=re.M | re.S))
    taken = re.findall(r"^const \{ (.*) \} = \$(\w+);$", script, flags=re.M)
    assert len(taken) == len(re.findall(r"= \$\w+;$", script, flags=re.M)) > 0
    for names, module in taken:
        assert set(names.split(", ")) <= set(offered[module].split(", ")), module


def test_every_rule_stands_in_a_layer() -> None:
    for path in sorted((PACKAGE / "ui" / "static" / "css").rglob("*.css")):
        depth, outside = 0, ""
        for letter in re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S):
            depth += (letter == "{") - (letter == "}")
            outside += letter if depth == 0 and letter not in "{}" else ""
        assert re.findall(r"^(?!@layer)\S.*$", outside, flags=re.M) == [], path.name
        assert depth == 0, path.name


def test_nothing_leaves_the_origin() -> None:
    for name, asset in assets.assets().items():
        if name != "js/htmx.js":
            text = asset.plain.decode().replace("http://www.w3.org/2000/svg", "")
            assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+|@import|url\(", text) == [], name


def test_our_scripts_evaluate_nothing_and_keep_nothing_beyond_the_tab() -> None:
    for name, asset in assets.assets().items():
        if name.startswith("js/") and name != "js/htmx.js":
            assert re.findall(r"eval\(|new Function|\.innerHTML|\.outerHTML|insertAdjacentHTML|localStorage|document\.cookie",
                              asset.plain.decode()) == [], name  # fmt: skip


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_template_needs_inline_styles_or_scripts(path: Path) -> None:
    text = path.read_text()
    assert re.findall(r"\sstyle\s*=|<style|javascript:|\son[a-z]+\s*=|hx-on|hx-vals\s*=\s*[\"']js:", text) == []
    assert re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", text) == []
    assert [found for found in re.findall(r"\w[\w.]*\s*\|\s*safe", text) if found not in {"m.html|safe"}] == []


def test_an_asset_is_kept_for_ever_and_compressed_for_who_can_read_it(rf: RequestFactory) -> None:
    url = assets.static("deskhand.css")
    plain, packed = answer(rf.get(url)), answer(rf.get(url, headers={"accept-encoding": "gzip, br"}))
    assert plain["Cache-Control"] == packed["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain["Content-Type"] == packed["Content-Type"] == "text/css; charset=utf-8"
    assert (plain.get("Content-Encoding"), packed["Content-Encoding"]) == (None, "gzip")
    assert packed["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.content) == plain.content == assets.assets()["deskhand.css"].plain


def test_a_page_from_before_an_update_gets_what_exists_now_and_does_not_keep_it(rf: RequestFactory) -> None:
    response = answer(rf.get("/assets/000000000000/js/deskhand.js"))
    assert (response.status_code, response["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize("name", ["nothing.css", "../settings.py", "js/", "", "css/tokens.css"])
def test_only_assets_are_served(rf: RequestFactory, name: str) -> None:
    assert answer(rf.get(f"/assets/{assets.version()}/{name}")).status_code == 404


def test_an_asset_cannot_be_written_and_other_pages_pass(rf: RequestFactory) -> None:
    assert answer(rf.post(assets.static("deskhand.css"))).status_code == 405
    assert answer(rf.get("/tickets/")).content == b"the desk"


def test_a_wrong_name_is_an_error_in_the_template() -> None:
    with pytest.raises(KeyError):
        assets.static("deskhnd.css")


def test_every_icon_that_a_template_names_exists() -> None:
    named = {name for path in TEMPLATES for name in re.findall(r"""icon\(\s*["']([\w-]+)["']""", path.read_text())}
    assert len({jinja.icon(name) for name in named}) == len(named) > 0
