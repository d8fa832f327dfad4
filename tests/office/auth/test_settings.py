"""What a company sets of its door: by the environment, and refused where it would not hold."""

from __future__ import annotations

import pytest

from onestory.errors import DeclarationError, NotAllowed
from onestory.office.auth import AuthSettings, Provider
from onestory.office.auth.settings import settings_of

from .house import House
from .providers import settings_for

CORP = {
    "ONESTORY_OIDC_CORP_ISSUER": "https://id.corp.test",
    "ONESTORY_OIDC_CORP_CLIENT_ID": "onestory",
    "ONESTORY_OIDC_CORP_CLIENT_SECRET": "hush",
    "ONESTORY_OIDC_CORP_ROLES": "desk team=agent, leads=supervisor",
}
pytestmark = pytest.mark.sqlite  # no ledger is asked


def test_nothing_set_is_this_machine_alone() -> None:
    """No host but its own, secure cookies, no provider."""
    settings = settings_of({"PATH": "/bin", "ONESTORY_DB": "acme.db"})

    assert settings == AuthSettings()
    assert settings.known_hosts == {"localhost", "127.0.0.1", "[::1]"}
    assert not settings.insecure_cookies


def test_the_environment_says_where_it_is_reached_and_who_lets_people_in() -> None:
    """Groups may have spaces in them; names are told in small letters."""
    settings = settings_of(
        {
            **CORP,
            "ONESTORY_PUBLIC_URL": "https://desk.acme.test/",
            "ONESTORY_HOSTS": "Desk2.acme.test, 10.0.0.3",
            "ONESTORY_OIDC_CORP_PERSON": "Customer=customer_no",
            "ONESTORY_OIDC_CORP_GROUPS": "memberOf",
        }
    )

    assert settings.public_url == "https://desk.acme.test"
    assert {"desk.acme.test", "desk2.acme.test", "10.0.0.3"} <= settings.known_hosts
    (corp,) = settings.providers
    assert (corp.name, corp.groups, corp.person) == (
        "corp",
        "memberOf",
        ("Customer", "customer_no"),
    )
    assert corp.roles == {"desk team": "agent", "leads": "supervisor"}


def test_a_secret_is_not_shown_where_settings_are() -> None:
    """In a log or a traceback."""
    settings = settings_of(CORP)

    assert "hush" not in f"{settings!r} {settings}"
    assert isinstance(settings.providers[0], Provider)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"ONESTORY_PUBLIC_URL": "desk.acme.test"}, "ONESTORY_PUBLIC_URL"),
        ({"ONESTORY_PUBLIC_URL": "https://desk.acme.test/office"}, "ONESTORY_PUBLIC_URL"),
        ({"ONESTORY_OIDC_CORP_ISSUER": ""}, "ONESTORY_OIDC_CORP_ISSUER"),
        ({"ONESTORY_OIDC_CORP_ISSUER": "http://id.corp.test"}, "ONESTORY_OIDC_CORP_ISSUER"),
        ({"ONESTORY_OIDC_CORP_CLIENT_SECRET": ""}, "ONESTORY_OIDC_CORP_CLIENT_SECRET"),
        ({"ONESTORY_OIDC_CORP_ROLES": "desk"}, "ONESTORY_OIDC_CORP_ROLES"),
        ({"ONESTORY_OIDC_CORP_PERSON": "Customer"}, "ONESTORY_OIDC_CORP_PERSON"),
        ({"ONESTORY_OIDC_CORP_CLIENTID": "x"}, "ONESTORY_OIDC_CORP_CLIENTID"),
        ({"ONESTORY_OIDC_OTHER_ISSUER": "https://id.test"}, "ONESTORY_OIDC_OTHER_CLIENT_ID"),
    ],
    ids=str,
)
def test_a_setting_that_would_not_hold_is_named(change: dict[str, str], where: str) -> None:
    """By its variable, before anybody is let in or kept out by it."""
    with pytest.raises(DeclarationError) as refused:
        settings_of({**CORP, **change})

    assert refused.value.where == where
    assert refused.value.fix


def test_a_provider_on_this_machine_may_do_without_https() -> None:
    """To try it."""
    tried = {**CORP, "ONESTORY_OIDC_CORP_ISSUER": "http://localhost:9400"}

    assert settings_of(tried).providers


def test_a_providers_people_are_people_of_the_company() -> None:
    """Else what is one's own would be worked out for a contract."""
    with pytest.raises(NotAllowed, match="Nobody is a Contract"):
        House(settings=settings_for("https://id.corp.test", person=("Contract", "no")))
