"""A worker with two actions: python worker.py QUEUE"""

import asyncio
import sys
from typing import Any

from taskqueue import Report, action, report, run, serve


@action("text.wordcount")
async def word_count(parameters: dict[str, Any]) -> Report:
    """Count the words of {"text": …}. {"pace": …} is how many seconds a word takes, to show long work."""
    text = parameters.get("text")
    if not isinstance(text, str):
        raise ValueError('the parameter "text" must be a string')
    words = 0
    try:
        for _ in text.split():
            await asyncio.sleep(parameters.get("pace", 0))
            words += 1
    except asyncio.CancelledError:
        print(f"cancelled after {words} words", file=sys.stderr)  # tidy up here
        raise
    return report("success", f"{words} words", data={"words": words})


@action("text.length")
async def length(parameters: dict[str, Any]) -> int:
    """Return a plain number, which is not a report: the task completes, and its report says that there was none."""
    return len(parameters["text"])


if __name__ == "__main__":
    run(serve(sys.argv[1], [word_count, length], concurrency=4))
