"""A function and a client with Datadog's libraries for Python, the twin of reference.js.

Reads lines from its standard input. For each it does something that is traced; the libraries write the trace to the
standard output, and then comes a line with `#`.
"""

import json
import os
import sys
from types import SimpleNamespace

ACCOUNT = "123456789012"
REGION = "us-east-1"


def extract():
    """Handles each event."""
    from datadog_lambda.wrapper import datadog_lambda_wrapper
    from ddtrace.trace import tracer

    handler = datadog_lambda_wrapper(lambda event, context: None)
    for line in sys.stdin:
        message = json.loads(line)
        client_context = message["client_context"]
        context = SimpleNamespace(
            aws_request_id="8286a188-ba32-4475-8077-530cd35c09a9",
            client_context=client_context and SimpleNamespace(**client_context),
            function_name="python",
            function_version="$LATEST",
            invoked_function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:python",
            memory_limit_in_mb="128",
            get_remaining_time_in_millis=lambda: 60_000,
        )
        handler(message["event"], context)
        tracer.flush()
        print("#", flush=True)


def send():
    """Calls each operation."""
    from ddtrace import patch

    patch(botocore=True)
    import boto3
    from ddtrace.trace import tracer

    arn = f"arn:aws:{{}}:{REGION}:{ACCOUNT}:{{}}".format
    queue = f"{os.environ['AWS_ENDPOINT_URL']}/{ACCOUNT}/shipping"
    topic = arn("sns", "parcels")
    event = {"Source": "shop", "DetailType": "OrderPlaced", "Detail": '{"order": 1}'}
    click = {"Data": b'{"click": 1}', "PartitionKey": "1"}
    client = boto3.client
    calls = {
        "SendMessage": lambda: client("sqs").send_message(QueueUrl=queue, MessageBody="one"),
        "SendMessageBatch": lambda: client("sqs").send_message_batch(
            QueueUrl=queue, Entries=[{"Id": name, "MessageBody": name} for name in "abc"]
        ),
        "Publish": lambda: client("sns").publish(TopicArn=topic, Message="one"),
        "PublishBatch": lambda: client("sns").publish_batch(
            TopicArn=topic, PublishBatchRequestEntries=[{"Id": name, "Message": name} for name in "ab"]
        ),
        "PutEvents": lambda: client("events").put_events(Entries=[dict(event), dict(event)]),
        "PutRecord": lambda: client("kinesis").put_record(StreamName="clicks", **click),
        "PutRecords": lambda: client("kinesis").put_records(
            StreamName="clicks", Records=[dict(click), dict(click)]
        ),
        "StartExecution": lambda: client("stepfunctions").start_execution(
            stateMachineArn=arn("states", "stateMachine:fulfilment"), input='{"order": 1}'
        ),
        "Invoke": lambda: client("lambda").invoke(FunctionName="consumer", Payload=b"{}"),
    }
    for line in sys.stdin:
        with tracer.trace("call"):
            calls[line.strip()]()
        tracer.flush()
        print("#", flush=True)


if __name__ == "__main__":
    {"extract": extract, "send": send}[sys.argv[1]]()
