"""Why a request was not answered well: an HTTP status and Docker's `{"message": …}` (swarm.md §2.1)."""

from typing import Final

from core.operations import Answer, ErrorCode, OperationError
from core.raft.effects import Applied, OutcomeUnknown, Refused, Result
from core.raft.machine import Rejected
from swarmsim.containers import EngineError, Trouble

_STATUS: Final = {
    ErrorCode.INVALID: 400,
    ErrorCode.FAILED_PRECONDITION: 400,
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.ALREADY_EXISTS: 409,
    ErrorCode.CONFLICT: 409,
    ErrorCode.OUT_OF_SEQUENCE: 500,
    ErrorCode.UNIMPLEMENTED: 501,
    ErrorCode.UNAVAILABLE: 503,
}


_STATUS_OF_TROUBLE: Final = {
    Trouble.INVALID: 400,
    Trouble.NOT_FOUND: 404,
    Trouble.CONFLICT: 409,
    Trouble.FAILED: 500,
    Trouble.UNSUPPORTED: 501,
}


class ApiError(Exception):
    """Raised by whatever handles a request; the server makes the answer of it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class OutcomeUnknownError(ApiError):
    """It may have been done or not."""


def bad_request(message: str) -> ApiError:
    """The request is malformed: what is bad, and what to do."""
    return ApiError(400, message)


def not_found(message: str) -> ApiError:
    """There is no such thing."""
    return ApiError(404, message)


def unsupported(message: str) -> ApiError:
    """It cannot be done here at all."""
    return ApiError(501, message)


def engine_refusal(error: EngineError) -> ApiError:
    """What a host's container engine does not do."""
    return ApiError(_STATUS_OF_TROUBLE[error.trouble], error.message)


def refusal(error: OperationError) -> ApiError:
    """What the swarm's rules do not allow."""
    return ApiError(_STATUS[error.code], error.message)


def answer_of(result: Result) -> Answer:
    """What a host has answered; ApiError for what it refused, or cannot tell the outcome of."""
    if isinstance(result, Applied):
        value: Answer = result.value
        return value
    if isinstance(result, Rejected):
        raise refusal(result.error)
    if isinstance(result, Refused):
        raise ApiError(503, result.reason)
    assert isinstance(result, OutcomeUnknown)
    raise OutcomeUnknownError(500, f"whether this was done is not known: {result.reason}")
