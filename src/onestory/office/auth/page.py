"""The page to sign in at: a plain form, which needs no script and no style."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from .settings import Provider

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in: {company}</title>
</head>
<body>
<main>
<h1>Sign in to {company}</h1>
{said}<form method="post" action="/sign-in">
<input type="hidden" name="csrf" value="{csrf}">
<input type="hidden" name="back" value="{back}">
<p><label for="login">Login</label><br>
<input id="login" name="login" autocomplete="username" autocapitalize="none" required{focus}></p>
<p><label for="password">Password</label><br>
<input id="password" name="password" type="password" autocomplete="current-password" required></p>
<p><button type="submit">Sign in</button></p>
</form>
{elsewhere}</main>
</body>
</html>
"""


def sign_in_page(
    company: str, *, csrf: str, back: str, said: str = "", providers: tuple[Provider, ...] = ()
) -> str:
    """The page.

    Args:
        company: The company's name.
        csrf: The token of this visit.
        back: The path to go to afterwards.
        said: What was wrong the last time.
        providers: Where people may sign in instead.
    """
    told = f'<p role="alert">{escape(said)}</p>\n' if said else ""
    links = "".join(
        f'<li><a href="/sign-in/{escape(one.name)}?back={escape(quote(back))}">'
        f"Sign in at {escape(one.name)}</a></li>\n"
        for one in providers
    )
    return _PAGE.format(
        company=escape(company),
        csrf=escape(csrf),
        back=escape(back),
        said=told,
        focus="" if said else " autofocus",
        elsewhere=f"<ul>\n{links}</ul>\n" if links else "",
    )
