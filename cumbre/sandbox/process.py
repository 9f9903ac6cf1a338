"""Start a picture process, send it requests and end it: the parent's side of cumbre/sandbox/__main__.py."""

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

# CPU time per picture is limited in __main__.py. This timeout is for a process that waits for ever without using any.
_ANSWER_TIMEOUT_S = 300.0
_EXIT_TIMEOUT_S = 5.0
_KEPT_VARIABLES = "PATH LANG LC_ALL LC_CTYPE LD_LIBRARY_PATH DYLD_LIBRARY_PATH PYTHONHOME SYSTEMROOT TEMP TMP".split()


class ExitReason(Enum):
    """How a process ended instead of answering."""

    CRASHED = "crashed"
    HUNG = "hung"
    KILLED = "killed"


class PictureProcessExited(Exception):
    """The process ended instead of answering."""

    def __init__(self, ending: ExitReason) -> None:
        super().__init__(ending.value)
        self.reason = ending


class PictureProcess:
    """A child process that decodes pictures, to be used by one thread at a time.

    answered: the number of requests answered so far. Raises CumbreError if no process can be started.
    """

    def __init__(self, limits: PhotoLimits, module: str = "cumbre.sandbox") -> None:
        self.answered = 0
        self._is_ready = False
        self._timed_out = False
        arguments = [str(limits.max_bytes), str(limits.max_pixels)]
        try:
            self._process = subprocess.Popen(  # noqa: S603  our own module
                [sys.executable, "-P", "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Decoders print messages about broken files. The reason that matters is in the answer.
                stderr=subprocess.DEVNULL,
                env=_environment(),
                # Ctrl-C in a terminal must reach only Cumbre, which ends this process by closing its input.
                start_new_session=True,
            )
        except OSError as error:
            raise CumbreError(
                f"can't start a process to read pictures ({error.strerror}): close other programs, then try again"
            ) from error
        assert self._process.stdin
        assert self._process.stdout
        self._requests, self._answers = self._process.stdin, self._process.stdout

    def request(self, header: Header, data: bytes, max_answer_bytes: int) -> tuple[Header, bytes]:
        """Send a request and return the answer's header and data.

        Raises PictureProcessExited if the process ends instead of answering; it must then be discarded. Raises
        CumbreError if it can't even start.
        """
        watch = threading.Timer(_ANSWER_TIMEOUT_S, self._time_out)
        watch.daemon = True
        watch.start()
        try:
            self._await_ready()
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
        """Whether the process is still running."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process: close its input, and kill it if it doesn't exit within 5 seconds."""
        with suppress(OSError):
            self._requests.close()
        try:
            self._process.wait(_EXIT_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._answers.close()

    def kill(self) -> None:
        """Kill the process and close its pipes."""
        self._process.kill()
        self.close()

    def _await_ready(self) -> None:
        """Wait until the process is ready. If it can't start, that is not the picture's fault: raise CumbreError."""
        if self._is_ready:
            return
        try:
            receive(self._answers)
        except ProtocolError:
            self.kill()
            raise CumbreError(
                f"the process that reads pictures can't start (`{sys.executable} -m cumbre.sandbox 1 1` shows why): "
                "reinstall Cumbre, or free some memory"
            ) from None
        self._is_ready = True

    def _time_out(self) -> None:
        self._timed_out = True
        self._process.kill()

    def _ending(self) -> ExitReason:
        try:
            code = self._process.wait(_EXIT_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            # It is still running, but its answer was invalid.
            return ExitReason.CRASHED
        if self._timed_out or code == -getattr(signal, "SIGXCPU", 0):
            return ExitReason.HUNG
        return ExitReason.KILLED if code == -getattr(signal, "SIGKILL", 0) else ExitReason.CRASHED


def _environment() -> dict[str, str]:
    """Return the variables that an interpreter needs to start, without any secrets.

    They also keep numerical libraries from starting threads.
    """
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {**kept, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
