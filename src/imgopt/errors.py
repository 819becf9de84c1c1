"""The errors that a user meets. Each message says what happened, where, and what to do next."""


class ImgoptError(Exception):
    """Base of all; `exit_code` is what the command line returns."""

    exit_code = 2


class ConfigError(ImgoptError):
    """Wrong usage or configuration."""


class CheckGaveUp(ImgoptError):
    """Another linter cannot read one file; it goes on with the next."""


class HistoryError(ImgoptError):
    """The history database cannot be read or written."""


class AlertError(ImgoptError):
    """An alert or a comment did not reach where it goes."""


class ImageError(ImgoptError):
    """An image or archive cannot be read."""

    exit_code = 3


class EngineError(ImgoptError):
    """The Docker engine or buildx does not answer as it must."""

    exit_code = 3


class BuildFailed(EngineError):
    """A build failed in a step of the Dockerfile; `log` is what the step printed."""

    def __init__(self, message: str, log: bytes = b"") -> None:
        super().__init__(message)
        self.log = log


class TransientFailure(BuildFailed):
    """A build failed by a fault of the engine that goes away when it is built again."""
