"""The parent's side of one picture process."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from enum import Enum

from cumbre.errors import CumbreError
from cumbre.imaging.decode import PhotoLimits
from cumbre.sandbox.protocol import Header, ProtocolError, receive, send

# Processor time bounds a picture (__main__.py); this is for a process that waits for ever without using any.
_PATIENCE_S = 300.0
_GOODBYE_S = 5.0
_KEPT_VARIABLES = "PATH LANG LC_ALL LC_CTYPE LD_LIBRARY_PATH DYLD_LIBRARY_PATH PYTHONHOME SYSTEMROOT TEMP TMP".split()


class ExitReason(Enum):
    """How a process ended that should have answered."""

    CRASHED = "crashed"
    HUNG = "hung"
    KILLED = "killed"


class PictureProcessExited(Exception):
    """The process ended instead of answering."""

    def __init__(self, ending: ExitReason) -> None:
        super().__init__(ending.value)
        self.ending = ending


class PictureProcess:
    """One process; asked by one thread at a time. Raises CumbreError where no process can be started."""

    def __init__(self, limits: PhotoLimits, module: str = "cumbre.sandbox") -> None:
        self.answered = 0
        self._greeted = False
        self._overdue = False
        arguments = [str(limits.max_bytes), str(limits.max_pixels)]
        try:
            self._process = subprocess.Popen(  # noqa: S603  our own module
                [sys.executable, "-P", "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Decoders chat about broken files; what matters comes back as the reason.
                stderr=subprocess.DEVNULL,
                env=_environment(),
                # Ctrl-C in a terminal is for Cumbre, which ends this process by closing its input.
                start_new_session=True,
            )
        except OSError as error:
            raise CumbreError(
                f"no process can be started to read pictures ({error.strerror}): end other programs, then try again"
            ) from error
        assert self._process.stdin
        assert self._process.stdout
        self._requests, self._answers = self._process.stdin, self._process.stdout

    def request(self, header: Header, data: bytes, max_answer_bytes: int) -> tuple[Header, bytes]:
        """Raises PictureProcessExited; the process is of no use then."""
        watch = threading.Timer(_PATIENCE_S, self._give_up)
        watch.daemon = True
        watch.start()
        try:
            self._await_greeting()
            send(self._requests, header, data)
            answer = receive(self._answers, max_answer_bytes)
        except ProtocolError:
            raise PictureProcessExited(self._ending()) from None
        finally:
            watch.cancel()
        self.answered += 1
        return answer

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        """End it: at once if it waits, else when it has been killed."""
        with suppress(OSError):
            self._requests.close()
        try:
            self._process.wait(_GOODBYE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._answers.close()

    def kill(self) -> None:
        self._process.kill()
        self.close()

    def _await_greeting(self) -> None:
        """A process that can't even start is no picture's fault."""
        if self._greeted:
            return
        try:
            receive(self._answers)
        except ProtocolError:
            self.kill()
            raise CumbreError(
                f"the process that reads pictures can't start (`{sys.executable} -m cumbre.sandbox 1 1` says why): "
                "set Cumbre up again, or make memory free"
            ) from None
        self._greeted = True

    def _give_up(self) -> None:
        self._overdue = True
        self._process.kill()

    def _ending(self) -> ExitReason:
        try:
            code = self._process.wait(_GOODBYE_S)
        except subprocess.TimeoutExpired:
            # It still runs but answers nonsense.
            return ExitReason.CRASHED
        if self._overdue or code == -getattr(signal, "SIGXCPU", 0):
            return ExitReason.HUNG
        return ExitReason.KILLED if code == -getattr(signal, "SIGKILL", 0) else ExitReason.CRASHED


def _environment() -> dict[str, str]:
    """What an interpreter needs to start, no secret among it; and no threads beside the decoder's own."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {**kept, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
