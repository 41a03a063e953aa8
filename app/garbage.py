"""How often a process that lives long looks for garbage."""

import gc


def spare_what_is_loaded() -> None:
    """What is loaded now stays for ever, and nobody looks through it again.

    As often as a few hundred rows are held, all of it was looked at: that took a twelfth of the
    time of a message, and a fifth of that of a row of a source.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
