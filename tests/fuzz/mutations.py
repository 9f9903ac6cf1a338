"""Damage pictures reproducibly: the same seed and the same pictures always give the same file."""

import random
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.fuzz.fields import fields, with_field

_EXTREME = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x100, 0x4000, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x00FFFFFF, 0x7FFFFFFF,
            0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)  # fmt: skip
_Damage = Callable[[random.Random, bytes], tuple[bytes, str]]


@dataclass(frozen=True)
class Mutation:
    """A damaged file, and a description of the picture and the damage."""

    data: bytes
    what: str


def mutation(pictures: Mapping[str, bytes], seed: int) -> Mutation:
    """Return the file of this seed: one picture, or two spliced together, with one to three kinds of damage."""
    rng = random.Random(seed)
    name = rng.choice(sorted(pictures))
    data, done = pictures[name], [name]
    if rng.random() < 0.1:
        other = rng.choice(sorted(pictures))
        data = _spliced(rng, data, pictures[other])
        done.append(f"spliced with {other}")
    for _ in range(rng.choice((1, 1, 2, 3))):
        data, what = rng.choice(_DAMAGES)(rng, data)
        done.append(what)
    # A wrong checksum would hide the rest of the damage from the decoder.
    if data.startswith(b"\x89PNG") and rng.random() < 0.8:
        data = _with_right_checksums(data)
    return Mutation(data, ", ".join(done))


def _spliced(rng: random.Random, one: bytes, other: bytes) -> bytes:
    if rng.random() < 0.5:
        cut = rng.randrange(min(len(one), len(other)))
        return one[:cut] + other[cut:]
    return one[: rng.randrange(len(one))] + other[rng.randrange(len(other)) :]


def _place(rng: random.Random, data: bytes) -> int:
    """Return an offset, often near the beginning, because most of the structure is there."""
    if not data:
        return 0
    return rng.randrange(min(len(data), 1024)) if rng.random() < 0.5 else rng.randrange(len(data))


def _flip_bits(rng: random.Random, data: bytes) -> tuple[bytes, str]:
    damaged, count = bytearray(data), rng.choice((1, 2, 8, 64))
    for _ in range(count if data else 0):
        damaged[_place(rng, data)] ^= 1 << rng.randrange(8)
    return bytes(damaged), f"{count} bits flipped"


def _overwrite(rng: random.Random, data: bytes) -> tuple[bytes, str]:
    at, length = _place(rng, data), rng.choice((1, 4, 16, 200))
    run = rng.choice((bytes(length), b"\xff" * length, rng.randbytes(length)))
    return data[:at] + run + data[at + length :], f"{length} bytes overwritten at {at}"


def _truncate(rng: random.Random, data: bytes) -> tuple[bytes, str]:
    at = _place(rng, data)
    return data[:at], f"cut at {at}"


def _insert(rng: random.Random, data: bytes) -> tuple[bytes, str]:
    at, length = _place(rng, data), rng.choice((1, 3, 50, 1000))
    start = _place(rng, data)
    run = rng.randbytes(length) if rng.random() < 0.5 else data[start : start + length]
    return data[:at] + run + data[at:], f"{len(run)} bytes inserted at {at}"


def _delete(rng: random.Random, data: bytes) -> tuple[bytes, str]:
    at, length = _place(rng, data), rng.choice((1, 2, 17, 500))
    return data[:at] + data[at + length :], f"{length} bytes deleted at {at}"


def _extreme_field(rng: random.Random, data: bytes) -> tuple[bytes, str]:
    known = fields(data)
    if not known:
        return _flip_bits(rng, data)
    field = rng.choice(known)
    value = rng.choice((*_EXTREME, len(data), len(data) - 1, field.at))
    return with_field(data, field, value), f"{field.size} bytes at {field.at} say {value:#x}"


def _other_offset(rng: random.Random, data: bytes) -> tuple[bytes, str]:
    """Write another field's offset or value into a field, to create chains, loops and overlaps."""
    known = fields(data)
    if not known:
        return _overwrite(rng, data)
    field, other = rng.choice(known), rng.choice(known)
    value = rng.choice((other.at, int.from_bytes(data[other.at : other.at + other.size], "big")))
    return with_field(data, field, value), f"{field.size} bytes at {field.at} say {value:#x}"


# Wrong values in the structure reach deeper code than random noise, so they are chosen more often.
_DAMAGES: tuple[_Damage, ...] = (
    _flip_bits, _overwrite, _truncate, _insert, _delete,
    _extreme_field, _extreme_field, _extreme_field, _extreme_field, _other_offset, _other_offset,
)  # fmt: skip


def _with_right_checksums(png: bytes) -> bytes:
    right, at = bytearray(png), 8
    while at + 12 <= len(png):
        end = at + 8 + int.from_bytes(png[at : at + 4], "big")
        if end + 4 > len(png):
            break
        right[end : end + 4] = zlib.crc32(png[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(right)
