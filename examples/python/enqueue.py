"""Enqueue a word count: python enqueue.py rest|temporal QUEUE TEXT"""

import json
import os
import sys
import urllib.request
import uuid
from datetime import datetime, timezone
from typing import Any

from taskqueue import connect, run
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy


def over_rest(queue: str, action: str, parameters: Any, label: str) -> str:
    """Enqueue with the REST API, and return the task's id."""
    base = os.environ.get("TASKQUEUE_API_URL", "http://127.0.0.1:8080")
    task = {"action": action, "parameters": parameters, "label": label, "queue": queue}
    request = urllib.request.Request(
        f"{base}/api/v1/tasks", data=json.dumps(task).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)["id"]


async def over_temporal(queue: str, action: str, parameters: Any, label: str) -> str:
    """Start the task's workflow, and return the task's id. The search attributes are what the task log shows."""
    client = await connect()
    task_id, now = str(uuid.uuid4()), datetime.now(timezone.utc)
    task = {
        "id": task_id,
        "action": action,
        "parameters": parameters,
        "label": label,
        "queue": queue,
        "createdAt": now.isoformat(),
    }
    encoded = json.dumps(parameters)
    keyword, text, date = SearchAttributeKey.for_keyword, SearchAttributeKey.for_text, SearchAttributeKey.for_datetime
    await client.start_workflow(
        "Task",
        task,
        id=task_id,
        task_queue=queue,
        static_summary=label,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,  # a task runs once
        search_attributes=TypedSearchAttributes(
            [
                SearchAttributePair(keyword("TaskName"), action),
                SearchAttributePair(keyword("TaskLabel"), label),
                SearchAttributePair(keyword("TaskStatus"), "enqueued"),
                SearchAttributePair(keyword("TaskCategory"), "unknown"),
                SearchAttributePair(keyword("TaskParameters"), encoded[:255]),
                SearchAttributePair(text("TaskText"), f"{label}\n{encoded}"[:2000]),
                SearchAttributePair(SearchAttributeKey.for_bool("TaskMaster"), False),
                SearchAttributePair(date("TaskCreatedAt"), now),
                SearchAttributePair(date("TaskUpdatedAt"), now),
            ]
        ),
    )
    return task_id


async def main(way: str, queue: str, text: str) -> None:
    task = (queue, "text.wordcount", {"text": text}, "Count words")
    print(over_rest(*task) if way == "rest" else await over_temporal(*task))


if __name__ == "__main__":
    run(main(*sys.argv[1:]))
