"""The errors a user meets. Each says what is wrong in one sentence and, in `hint`, what to do.

SigntuiError
├─ SettingsError                     a settings file that cannot be understood
├─ StoreError
│  ├─ NotInCatalogError              (also a LookupError)
│  ├─ NoLibraryError                 the folder holds no library
│  ├─ LibraryVersionError            made by a newer version
│  ├─ LibraryBusyError               another job or program holds it
│  ├─ DamagedFileError               an HDF5 file that cannot be trusted
│  ├─ DiskFullError
│  ├─ ImportSourceError              a dataset that is not understood
│  ├─ RecordingError                 a recording without a usable name
│  └─ QueryError                     SQL that fails, writes or takes too long
├─ CaptureError                      capture/errors.py
├─ ModelError                        ml/errors.py
└─ JobError                          store/jobs.py and tui/jobs.py raise it
   └─ JobInterruptedError            what the job works with is gone
"""


class SigntuiError(Exception):
    """An error of ours: shown without a traceback, exit code 1."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        """Keep `hint` when the error crosses a process border."""
        return (_rebuild, (type(self), self.message, self.hint))


def _rebuild(kind: type[SigntuiError], message: str, hint: str) -> SigntuiError:
    return kind(message, hint=hint)


class SettingsError(SigntuiError):
    pass


class StoreError(SigntuiError):
    pass


class NotInCatalogError(StoreError, LookupError):
    pass


class NoLibraryError(StoreError):
    pass


class LibraryVersionError(StoreError):
    pass


class LibraryBusyError(StoreError):
    pass


class DamagedFileError(StoreError):
    pass


class DiskFullError(StoreError):
    pass


class ImportSourceError(StoreError):
    pass


class RecordingError(StoreError):
    pass


class QueryError(StoreError):
    pass


class JobError(SigntuiError):
    pass


class JobInterruptedError(JobError):
    """What the job works with is gone: it ends as if killed, and goes on when asked to."""
