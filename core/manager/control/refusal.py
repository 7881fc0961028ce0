"""How a check says no: an exception inside `core.manager.control`, an `OperationError` outside of it."""

from core.operations import ErrorCode, OperationError


class Refusal(Exception):
    """Carries the error that the client is answered with."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.error = OperationError(code, message)


def invalid(message: str) -> Refusal:
    """The operation is malformed or breaks a rule whatever the state of the swarm."""
    return Refusal(ErrorCode.INVALID, message)


def forbidden(message: str) -> Refusal:
    """What Docker keeps for itself."""
    return Refusal(ErrorCode.FORBIDDEN, message)


def not_possible(message: str) -> Refusal:
    """The swarm's state does not allow it now."""
    return Refusal(ErrorCode.FAILED_PRECONDITION, message)


def not_supported(message: str) -> Refusal:
    """Docker can, or at least says so; this cannot."""
    return Refusal(ErrorCode.UNIMPLEMENTED, message)


def name_taken(kind: str, name: str) -> Refusal:
    """Docker's words, which clients look for."""
    return Refusal(ErrorCode.ALREADY_EXISTS, f"name conflicts with an existing object: {kind} {name} already exists")


def out_of_sequence() -> Refusal:
    """The object has changed since the client read it."""
    return Refusal(ErrorCode.OUT_OF_SEQUENCE, "update out of sequence")
