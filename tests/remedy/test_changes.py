"""What becomes of repairs under way when a company declares itself otherwise."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onestory import (
    Channel,
    Company,
    Entity,
    Fact,
    Key,
    Link,
    Notice,
    People,
    Purpose,
    Repair,
    RepairState,
    Send,
    System,
    does,
    remedies,
)
from onestory.testing import Timeline

from .post import Post


@dataclass
class Shop:
    """A shop whose till is told the price, and whose customers are written to of it."""

    company: Company
    book: System
    till: System
    price: Any
    holder: Any
    email: Any
    post: Post


def shop(post: Post, *, fact: str = "price", notice: str = "your price") -> Shop:
    """The shop, with the fact and the notice called so."""
    company = Company("Shop")
    book, till = System("book", of=company), System("till", of=company)
    postman, customers = System("postman", of=company), People("customers", of=company)

    class Customer(Entity, of=company, one_of=customers):
        """Who buys."""

        customer_no: Key[str]
        email: Fact[str] = book.decides()

    follows = (till.follows(within="5 min"), customers.follows(within="1 d"))
    if fact == "price":

        class Article(Entity, of=company):
            """Something on a shelf."""

            article_no: Key[str]
            holder: Link[Customer] = book.decides()
            price: Fact[int] = book.decides(*follows)

    else:

        class Article(Entity, of=company):  # type: ignore[no-redef]
            """Something on a shelf."""

            article_no: Key[str]
            holder: Link[Customer] = book.decides()
            fee: Fact[int] = book.decides(*follows, was="price")

    priced = getattr(Article, fact)
    does(postman, Send, asked=post.asked)(post.send)
    mail = Channel("mail", of=company, by=postman, address=Customer.email)
    Notice(
        notice,
        of=company,
        to=customers,
        tells=[priced],
        by=[mail],
        purpose=Purpose.SAFETY,
        subject="{{ key }}",
        text="The price changed.",
    )

    @remedies(till, priced)
    def wait(repair: Repair[int]) -> None:
        """Wait for the till."""
        repair.until_agreed(within="10 min")

    return Shop(company, book, till, priced, Article.holder, Customer.email, post)


def sending(here: Shop, address: str) -> None:
    """A message of a price went, and the answer was lost."""
    with Timeline(here.company, address=address) as timeline:
        for name in ("customers/Article.price", "till/Article.price"):
            timeline.office.arm(name, by="the test")
        timeline.says(here.book, here.email, "Ada", "ada@example.org")
        timeline.says(here.book, here.price, "A-1", 100)
        timeline.says(here.till, here.price, "A-1", 100)
        timeline.says(here.book, here.holder, "A-1", "Ada")
        timeline.wait("1 min")
        timeline.says(here.book, here.price, "A-1", 200)
        timeline.wait("5 min")
        here.post.lose = ["answer"]
        timeline.office.remedy()
        assert len(here.post.sent) == 1


def test_a_notice_may_be_renamed_while_its_message_is_under_way(tmp_path: Path) -> None:
    """The answer comes by the next opening, which calls the notice otherwise: she was told, once."""
    post, address = Post(), f"sqlite:///{tmp_path}/ledger.db"
    sending(shop(post), address)
    here = shop(post, notice="a new price")
    with Timeline(here.company, address=address) as timeline:
        timeline.wait("10 min")
        timeline.office.remedy()
        (sent,) = post.sent
        assert timeline.office.confirm(sent.reference) is not None


def test_a_fact_may_be_renamed_while_it_is_remedied(tmp_path: Path) -> None:
    """Its repairs go on, its remedies are armed as they were, and she was told of it by its new name."""
    post, address = Post(), f"sqlite:///{tmp_path}/ledger.db"
    sending(shop(post), address)
    here = shop(post, fact="fee")
    with Timeline(here.company, address=address) as timeline:
        timeline.wait("10 min")
        timeline.office.remedy()
        assert timeline.office.armed() == ["customers/Article.fee", "till/Article.fee"]
        timeline.wait("10 min")
        timeline.office.remedy()
        states = {r.remedy: r.state for r in timeline.office.repairs(states=tuple(RepairState))}
        assert states == {
            "customers/Article.fee": RepairState.DONE,
            "till/Article.fee": RepairState.HANDED_OVER,
        }
        timeline.office.undelivered(post.sent[0].reference, because="full")
        (again,) = [r for r in timeline.office.repairs() if r.remedy.startswith("customers")]
        assert again.state is RepairState.LIVE
