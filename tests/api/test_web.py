"""The workspace's files, as browsers and caches meet them."""

from __future__ import annotations

import base64
import gzip
import hashlib
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from forestay.api.web import is_web, web_app

SCRIPT = "theme()"
PAGE = f"<title>Forestay</title><script>{SCRIPT}</script>"


@pytest.fixture
def browser(tmp_path: Path) -> TestClient:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "assets" / "index-1a2b.js").write_text("run()")
    (tmp_path / "assets" / "index-1a2b.js.gz").write_bytes(gzip.compress(b"run()"))
    (tmp_path / "assets" / "index-1a2b.js.br").write_bytes(b"smaller")
    return TestClient(web_app(tmp_path))


@pytest.mark.parametrize("path", ["/", "/accounts", "/accounts/acme", "/inbox"])
def test_every_address_without_a_dot_is_the_page(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer.text) == (200, PAGE)
    assert answer.headers["cache-control"] == "no-cache"
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_a_page_that_is_the_same_is_not_sent_again(browser: TestClient) -> None:
    tag = browser.get("/").headers["etag"]
    assert browser.get("/", headers={"If-None-Match": tag}).status_code == 304


def test_files_with_a_hash_are_kept_for_good_and_sent_packed(browser: TestClient) -> None:
    answer = browser.get("/assets/index-1a2b.js", headers={"Accept-Encoding": "gzip"})
    assert (answer.text, answer.headers["content-encoding"]) == ("run()", "gzip")
    assert "immutable" in answer.headers["cache-control"]
    plain = browser.get("/assets/index-1a2b.js", headers={"Accept-Encoding": "identity"})
    assert (plain.text, "content-encoding" in plain.headers) == ("run()", False)


def test_browsers_that_read_brotli_get_the_smallest_copy(browser: TestClient) -> None:
    with browser.stream("GET", "/assets/index-1a2b.js", headers={"Accept-Encoding": "gzip, deflate, br"}) as answer:
        assert (b"".join(answer.iter_raw()), answer.headers["content-encoding"]) == (b"smaller", "br")
    assert browser.get("/assets/index-1a2b.js.br").status_code == 404


def test_only_the_script_that_was_built_into_the_page_runs_in_it(browser: TestClient) -> None:
    named = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{named}';" in browser.get("/inbox").headers["content-security-policy"]
    assert "script-src 'self';" in browser.get("/assets/index-1a2b.js").headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/assets/gone.js", "/..%2f..%2fsecret.txt", "/favicon.ico"])
def test_what_is_not_there_is_no_page(browser: TestClient, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_nothing_is_written_here(browser: TestClient) -> None:
    assert browser.post("/").status_code == 405


def test_an_installation_without_the_workspace_says_so(tmp_path: Path) -> None:
    answer = TestClient(web_app(tmp_path / "nothing")).get("/")
    assert answer.status_code == 503
    assert "not built" in answer.text


def test_apis_and_probes_are_not_the_workspace() -> None:
    assert not any(map(is_web, ("/api/accounts", "/v1/track", "/internal/append", "/metrics", "/readyz", "/healthz")))
