"""A number with its noun, in the English of the command line and of errors that nothing translates."""


def counted(n: int, one: str, many: str = "") -> str:
    """Return the number with the noun in its form; many is the plural if it is not the singular with an s.

    >>> counted(1, "photo"), counted(0, "photo"), counted(2, "index", "indices")
    ('1 photo', '0 photos', '2 indices')
    """
    return f"{n} {one if n == 1 else many or f'{one}s'}"
