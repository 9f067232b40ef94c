"""What a Python worker needs to serve actions of the task queue."""

import asyncio
import contextlib
import functools
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any, NoReturn

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio import activity
from temporalio.api.activity.v1 import ActivityOptions
from temporalio.api.common.v1 import RetryPolicy, WorkflowExecution
from temporalio.api.workflowservice.v1 import UpdateActivityOptionsRequest
from temporalio.client import Client
from temporalio.common import RawValue
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

Report = dict[str, Any]


def report(kind: str, message: str, data: Any = None, children: Sequence[Report] = ()) -> Report:
    """Return a report. kind is "success", "info", "warning" or "error"; an error fails the task."""
    return {"type": kind, "message": message, "data": data, "children": list(children)}


def action(name: str) -> Callable[[Callable[[Any], Awaitable[Any]]], Callable[[Any], Awaitable[Any]]]:
    """Make an async function of a task's parameters serve the action of this name.

    What it returns should be a report. What it raises fails the task with the exception's message. While it runs,
    heartbeats are sent; when the task is cancelled, asyncio.CancelledError is raised in it.
    """

    def decorate(run: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
        @activity.defn(name=name)
        @functools.wraps(run)
        async def execute(parameters: Any) -> Any:
            life = asyncio.create_task(_show_life())
            try:
                return await run(parameters)
            finally:
                life.cancel()

        return execute

    return decorate


async def _show_life() -> None:
    """Heartbeat, and after a second tell the log that the task runs. Shorter tasks cost no write for it."""
    info = activity.info()
    await asyncio.sleep(1)
    task = activity.client().get_workflow_handle(info.workflow_id, run_id=info.workflow_run_id)
    with contextlib.suppress(RPCError):  # the log lags behind, which must not fail the task
        await task.signal("running", rpc_timeout=timedelta(seconds=10))
    while True:
        activity.heartbeat()
        await asyncio.sleep(min(info.heartbeat_timeout.total_seconds() / 3, 5))  # with the answer comes a cancellation


@activity.defn(dynamic=True)
async def _hand_back(_: Sequence[RawValue]) -> None:
    """Put a task whose action this worker does not know back on its queue.

    An activity has one attempt, so the server is first told to allow one more. Each time the task waits longer.
    """
    info = activity.info()
    allowed = max(info.retry_policy.maximum_attempts if info.retry_policy else 0, info.attempt)
    request = UpdateActivityOptionsRequest(
        namespace=info.namespace,
        execution=WorkflowExecution(workflow_id=info.workflow_id, run_id=info.workflow_run_id),
        id=info.activity_id,
        update_mask=FieldMask(paths=["retry_policy.maximum_attempts"]),
        activity_options=ActivityOptions(retry_policy=RetryPolicy(maximum_attempts=allowed + 1)),
    )
    while True:
        try:
            await activity.client().workflow_service.update_activity_options(request, retry=True)
            break
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                break  # the task has ended meanwhile
            activity.logger.warning("A task cannot be handed back yet: %s", error)
        activity.heartbeat()
        await asyncio.sleep(5)
    raise ApplicationError(
        "handed back: the action is not known to this worker",
        type="HandedBack",
        category=ApplicationErrorCategory.BENIGN,  # nothing went wrong, so the SDK should not warn of it
        next_retry_delay=timedelta(seconds=min(0.05 * info.attempt**2, 60)),
    )


async def connect() -> Client:
    """Connect by TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the other settings that all of Temporal's tools read."""
    return await Client.connect(**{"target_host": "127.0.0.1:7233", **ClientConfig.load_client_connect_config()})


async def serve(queue: str, actions: Sequence[Callable[[Any], Awaitable[Any]]], concurrency: int = 1) -> None:
    """Run tasks of the queue until SIGTERM or SIGINT, then let running ones end for up to 30 seconds."""
    logging.basicConfig(level=logging.INFO)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Worker(
        await connect(),
        task_queue=queue,
        activities=[*actions, _hand_back],
        max_concurrent_activities=concurrency,
        # A running action learns with a heartbeat that it is cancelled; by default most would be held back.
        max_heartbeat_throttle_interval=timedelta(seconds=5),
        graceful_shutdown_timeout=timedelta(seconds=30),
    ):
        await stop.wait()


def run(main: Coroutine[Any, Any, None]) -> NoReturn:
    """Run a program, and end it without Python's own clean-up.

    Threads of Temporal's SDK may still run then, and now and then crash (temporalio/sdk-python, issue 300).
    """
    asyncio.run(main)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
