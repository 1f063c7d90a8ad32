"""Who may ask for what: strange hosts, other sites, forged forms and wrong tokens get nothing."""

from pathlib import Path

import pytest

from bot.web.guard import ANSWERS
from tests.playing import Played
from tests.rooms.web.served import TOKEN, serving

PATHS = ("/", "/nowhere", "/static/paperpit.css", "/api/v1/events?after=x", "/control/flatten")


async def test_every_answer_carries_the_policy(tmp_path: Path, reviewed: Played) -> None:
    async with serving(tmp_path, "--journal", reviewed.url) as site:
        answers = [await site.get(path) for path in PATHS]
        answers.append(await site.get("/", host="elsewhere.example"))
    for one in answers:
        assert {name: one.headers.get(name) for name in ANSWERS} == ANSWERS
        assert "<script>" not in one.text
        assert " style=" not in one.text
        assert " onclick=" not in one.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:80", ""])
async def test_another_name_that_leads_here_is_refused(tmp_path: Path, reviewed: Played, host: str) -> None:
    async with serving(tmp_path, "--journal", reviewed.url) as site:
        assert (await site.get("/", host=host)).code == 421


async def test_a_proxys_name_is_answered_when_it_was_named(tmp_path: Path, reviewed: Played) -> None:
    async with serving(tmp_path, "--journal", reviewed.url, "--name", "pit.example") as site:
        assert (await site.get("/", host="pit.example")).code == 200
        assert (await site.get("/", host="other.example")).code == 421


async def test_nothing_is_written_but_by_our_own_page_after_the_token(tmp_path: Path, reviewed: Played) -> None:
    async with serving(tmp_path, "--journal", reviewed.url) as site:
        browser = await site.unlocked()
        form, cookie = {"form_secret": browser["form_secret"]}, browser["cookie"]
        own = f"http://{site.address}"
        tried = {
            "no token": await site.post("/control/pause", form),
            "a forged cookie": await site.post("/control/pause", form, cookie="paperpit=0"),
            "no form's secret": await site.post("/control/pause", {}, cookie=cookie),
            "another form's secret": await site.post("/control/pause", {"form_secret": "0"}, cookie=cookie),
            "another origin": await site.post("/control/pause", form, cookie=cookie, origin="http://evil.example"),
            "no origin's origin": await site.post("/control/pause", form, cookie=cookie, origin="null"),
            "another site": await site.post("/control/pause", form, cookie=cookie, sec_fetch_site="cross-site"),
            "a wrong token": await site.post("/control/pause", {}, authorization="Bearer no"),
            "a wrong token shown": await site.post("/unlock", {"token": "no"}),
        }
        # with all of it in order, only a desk is missing
        good = [
            await site.post("/control/pause", form, cookie=cookie, origin=own, sec_fetch_site="same-origin"),
            await site.post("/control/pause", {}, authorization=f"Bearer {TOKEN}"),
        ]
    assert {what: one.code for what, one in tried.items()} == dict.fromkeys(tried, 403)
    assert [(one.code, "no desk writes this journal" in one.text) for one in good] == [(404, True)] * 2


async def test_what_is_no_form_is_refused(tmp_path: Path, reviewed: Played) -> None:
    async with serving(tmp_path, "--journal", reviewed.url) as site:
        bearer = {"authorization": f"Bearer {TOKEN}"}
        json = await site.post("/control/pause", {}, content_type="application/json", **bearer)
        long = await site.post("/control/pause", {"reason": "x" * 70_000}, **bearer)
        many = await site.post("/control/pause", {f"x{at}": "" for at in range(99)}, **bearer)
        strange = await site.post("/control/stop", {}, **bearer)
    assert [one.code for one in (json, long, many, strange)] == [415, 413, 400, 404]


async def test_the_cookie_is_for_this_site_and_no_script(tmp_path: Path, reviewed: Played) -> None:
    async with serving(tmp_path, "--journal", reviewed.url) as site:
        shown = await site.post("/unlock", {"token": TOKEN})
    assert shown.code == 303
    assert all(word in shown.headers["set-cookie"].lower() for word in ("httponly", "samesite=strict", "path=/"))
    assert TOKEN not in shown.headers["set-cookie"]


async def test_behind_the_lock_nothing_is_read_without_the_token(tmp_path: Path, reviewed: Played) -> None:
    # given a server that anybody who reaches this machine may ask
    async with serving(tmp_path, "--journal", reviewed.url, "--locked", "--host", "0.0.0.0") as site:
        # when nothing is shown, a page leads to the form and the API says what it needs
        page, api, style = [await site.get(path) for path in ("/", "/api/v1/signals", "/static/paperpit.css")]
        form = await site.get("/unlock")
        # when the token was shown, once or with each question
        browser = await site.unlocked()
        seen = [
            await site.get("/", cookie=browser["cookie"]),
            await site.get("/api/v1/signals", authorization=f"Bearer {TOKEN}"),
        ]
        wrong = await site.get("/api/v1/signals", authorization="Bearer no")
        strange = await site.get("/unlock", host="elsewhere.example")
    assert (page.code, page.headers["location"]) == (303, "/unlock")
    assert (api.code, api.headers["www-authenticate"], "needs the token" in api.text) == (401, "Bearer", True)
    assert (form.code, style.code, wrong.code, strange.code) == (200, 200, 401, 421)
    assert {name: page.headers.get(name) for name in ANSWERS} == ANSWERS
    assert [one.code for one in seen] == [200, 200]
