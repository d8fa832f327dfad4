"""Every error that onestory raises on purpose, as one tree.

* OnestoryError
  x DeclarationError       a company.py says something that cannot be true
    + NoSuchDuration
    + UnreadableType
    + NobodyDecides
    + TwoCompanies
    + DeclaredTwice
    + DeclaredTooLate
    + ImpossibleTime
    + DerivedInCircles
    + NoRow
  x MessageError           a message cannot be heard; it is set aside with this reason
    + NotAMessage
    + TooLarge
    + NoReader
    + ReaderFailed
    + ValueMisfit
    + NoSequence
  x LedgerError            the ledger cannot be used as asked
    + NotALedger
    + OtherCompany
    + TermsRefused
    + LedgerNewer
    + LedgerBusy
    + LedgerReadOnly
    + LedgerFull
    + LedgerUnreachable
    + LedgerCorrupt
    + NotEmpty
  x AskedInVain            a question that has no answer
    + NoSuchName
    + NotHeard
    + NotShown
    + NotAQuestion
    + Misread
  x NotAllowed             the company may not do this, now or at all
  x NotTaken               a request was not taken; nothing of it was kept
    + OtherForm
    + TooSlow
    + TooBusy
    + NotSigned
  x RemedyError            a remedy cannot go on as it is written
    + KeyReused
    + OtherStep
  x NotDone                what a system was asked for surely did not happen
    + Refused
  x OutcomeUnknown         a system was asked, and nobody can say whether it did it
  x NotPulled              a system that is pulled could not be read; it is tried again
    + ColumnsChanged
  x NotInstalled           a part of onestory needs a package that is not there
  x NotLetIn               whoever asks is not let in, or may not ask this
    + NotSignedIn
    + NotRecognized
    + TooManyTries
    + NoRight
    + FromElsewhere
    + ProviderRefused
    + PasswordRefused
"""

from __future__ import annotations

from datetime import timedelta


class OnestoryError(Exception):
    """The root of every error raised on purpose.

    Args:
        what: What happened, in the words of the company. One sentence.
        where: The declaration, file or message it is about, as ``file:line`` where there is one.
        fix: What to write or run instead.
    """

    code: str = "onestory"

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what, self.where, self.fix = what, where, fix
        super().__init__(what, where, fix)

    def __init_subclass__(cls) -> None:
        cls.code = "".join(f"-{c.lower()}" if c.isupper() else c for c in cls.__name__).lstrip("-")

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  {self.place} {self.where}")
        if self.fix:
            lines.append(f"  {self.fix}")
        return "\n".join(lines)

    @property
    def place(self) -> str:
        """The word before ``where``: what kind of place it names."""
        return "at"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.what, self.where, self.fix))


def _rebuild(kind: type[OnestoryError], what: str, where: str, fix: str) -> OnestoryError:
    return kind(what, where=where, fix=fix)


class DeclarationError(OnestoryError):
    """A company.py says something that cannot be true."""

    @property
    def place(self) -> str:
        """A declaration is named by the line that makes it."""
        return "declared at"


class NoSuchDuration(DeclarationError):
    """A duration was written in a way that cannot be read."""


class UnreadableType(DeclarationError):
    """The type of a fact, a key or a payload cannot be read at run time."""


class NobodyDecides(DeclarationError):
    """A fact was declared without an authority."""


class TwoCompanies(DeclarationError):
    """One declaration mixes things of two companies."""


class DeclaredTwice(DeclarationError):
    """Two declarations of one kind have one name."""


class DeclaredTooLate(DeclarationError):
    """Something was declared after the company was opened."""


class ImpossibleTime(DeclarationError):
    """A follower is given less time than it is heard in, or a time that cannot be kept."""


class DerivedInCircles(DeclarationError):
    """Facts are derived from each other in a circle."""


class NoRow(DeclarationError):
    """A route, or a pushed event, has no row in the matrix of rights."""


class MessageError(OnestoryError):
    """A message cannot be heard. It is set aside with this reason; nothing is lost."""

    @property
    def place(self) -> str:
        """A message is named by its system and id, or by its file and line."""
        return "in"


class NotAMessage(MessageError):
    """The bytes are not a message: not JSON, not CloudEvents 1.0, not a row of the file."""


class TooLarge(MessageError):
    """A message, a line or a batch is over its limit."""


class NoReader(MessageError):
    """No reader takes this type of message from this system."""


class ReaderFailed(MessageError):
    """A reader raised, or yielded something that is not a claim."""


class ValueMisfit(MessageError):
    """A value does not fit the type that its fact declares."""


class NoSequence(MessageError):
    """A system that numbers its messages sent one without a number."""


class LedgerError(OnestoryError):
    """The ledger cannot be used as asked."""


class NotALedger(LedgerError):
    """The address or the file is not one of a ledger."""


class OtherCompany(LedgerError):
    """The ledger holds another company."""


class TermsRefused(LedgerError):
    """The company's terms changed in a way that the ledger cannot follow."""


class LedgerNewer(LedgerError):
    """The ledger was written by a later version of onestory."""


class LedgerBusy(LedgerError):
    """Another process is writing to the ledger."""


class LedgerReadOnly(LedgerError):
    """The ledger's file or folder may not be written."""


class LedgerFull(LedgerError):
    """The disk is full. What was acknowledged is kept; this batch was not."""


class LedgerUnreachable(LedgerError):
    """The ledger's server cannot be reached, or broke off. It may be back in a moment."""


class LedgerCorrupt(LedgerError):
    """The ledger's file is damaged, or its chain does not hold."""


class NotEmpty(LedgerError):
    """The place that a ledger is to be copied into holds something."""


class AskedInVain(OnestoryError):
    """A question that has no answer."""


class NoSuchName(AskedInVain):
    """No party, entity, fact, channel or subject has this name."""


class NotHeard(AskedInVain):
    """Nobody who decides this fact has said anything about it yet."""


class NotShown(AskedInVain):
    """This channel does not show this fact."""


class NotAQuestion(AskedInVain):
    """Something is asked that nobody answers here: an unknown parameter, a past that is not kept."""

    @property
    def place(self) -> str:
        """A question is named by its parameter, or by its path."""
        return "in"


class Misread(AskedInVain):
    """A parameter or a body cannot be read as what it should be."""

    @property
    def place(self) -> str:
        """What cannot be read is named."""
        return "in"


class NotAllowed(OnestoryError):
    """The company may not do this, now or at all."""


class NotTaken(OnestoryError):
    """A request was not taken. Nothing of it was kept, so it may be sent again once it is mended."""


class OtherForm(NotTaken):
    """The body is in a form that is not read here."""


class TooSlow(NotTaken):
    """The body did not come within its time."""


class TooBusy(NotTaken):
    """More requests wait than may; the same request is taken a little later."""


class NotSigned(NotTaken):
    """The request is not signed by whom it says it is from, or was signed too long ago."""


class RemedyError(OnestoryError):
    """A remedy cannot go on as it is written; the repair is handed over."""

    @property
    def place(self) -> str:
        """A remedy is named by the line that declares it."""
        return "declared at"


class KeyReused(RemedyError):
    """A key was used again with other parameters."""


class OtherStep(RemedyError):
    """A remedy took another way than it took before, from the same record."""


class NotDone(OnestoryError):
    """What a system was asked for surely did not happen; it may be tried again.

    Raised by a company's own functions, and only where that is certain: the connection was refused,
    the system answered that it did nothing. A lost answer is something else.
    """


class Refused(NotDone):
    """A system refused for good: trying again would change nothing."""


class OutcomeUnknown(OnestoryError):
    """A system was asked for something, and nobody can say whether it did it.

    Its answer was lost, came too late or says nothing. The step is asked about, or made again with
    its key, and never taken for done or not done.
    """


class NotPulled(OnestoryError):
    """A system that is pulled could not be read. Its cursor did not move, and it is tried again.

    ``again_after``, where the system said so, is how long it wants to be left alone.
    """

    again_after: timedelta | None = None

    @property
    def place(self) -> str:
        """A pull is named by the line that declares it, or by what it reads."""
        return "in"


class ColumnsChanged(NotPulled):
    """A column that a pull goes by is not there any more."""


class NotInstalled(OnestoryError):
    """A part of onestory needs a package that is not installed."""

    @property
    def place(self) -> str:
        """A package is missed by the Python that was started."""
        return "for"


class NotLetIn(OnestoryError):
    """Whoever asks is not let in, or may not ask this."""

    @property
    def place(self) -> str:
        """It is about a route, an account or a provider."""
        return "for"


class NotSignedIn(NotLetIn):
    """Nobody is signed in here, or no longer; or the key is none of ours, or was revoked."""


class NotRecognized(NotLetIn):
    """No account has this login and this password."""


class TooManyTries(NotLetIn):
    """It was tried too often in vain; it may be tried again after a while.

    ``retry_after`` is that while, in seconds.
    """

    retry_after: int = 1


class NoRight(NotLetIn):
    """Whoever is signed in may not do this, or not with this subject."""


class FromElsewhere(NotLetIn):
    """A request came from another site, or without the token of its own, or to another host."""


class ProviderRefused(NotLetIn):
    """Signing in at a provider came to no end, or what came back does not hold."""


class PasswordRefused(NotLetIn):
    """A password is too short, too long, or one that others would try."""
