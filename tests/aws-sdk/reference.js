// A function and a client with Datadog's libraries for Node, the twin of reference.py.
//
// Reads lines from its standard input. For each it does something that is traced; the libraries write the trace to the
// standard output, and then comes a line with `#`.

const tracer = require("dd-trace").init();
const readline = require("node:readline");

const ACCOUNT = "123456789012";
const REGION = "us-east-1";

// Handles each event.
function extract() {
  const { datadog } = require("datadog-lambda-js");
  const handler = datadog(async () => null);
  return async (line) => {
    const message = JSON.parse(line);
    await handler(message.event, {
      awsRequestId: "8286a188-ba32-4475-8077-530cd35c09a9",
      clientContext: message.client_context ?? undefined,
      functionName: "node",
      functionVersion: "$LATEST",
      invokedFunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:node`,
      memoryLimitInMB: "128",
      getRemainingTimeInMillis: () => 60_000,
    });
  };
}

// Calls each operation.
function send() {
  const sqs = require("@aws-sdk/client-sqs");
  const sns = require("@aws-sdk/client-sns");
  const eventbridge = require("@aws-sdk/client-eventbridge");
  const kinesis = require("@aws-sdk/client-kinesis");
  const sfn = require("@aws-sdk/client-sfn");
  const lambda = require("@aws-sdk/client-lambda");
  const { NodeHttpHandler } = require("@smithy/node-http-handler");

  const arn = (service, name) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${name}`;
  const queue = `${process.env.AWS_ENDPOINT_URL}/${ACCOUNT}/shipping`;
  const topic = arn("sns", "parcels");
  const event = { Source: "shop", DetailType: "OrderPlaced", Detail: '{"order": 1}' };
  const click = { Data: Buffer.from('{"click": 1}'), PartitionKey: "1" };
  const entries = (names, key) => [...names].map((name) => ({ Id: name, [key]: name }));
  const calls = {
    SendMessage: () => [sqs, { QueueUrl: queue, MessageBody: "one" }],
    SendMessageBatch: () => [sqs, { QueueUrl: queue, Entries: entries("abc", "MessageBody") }],
    Publish: () => [sns, { TopicArn: topic, Message: "one" }],
    PublishBatch: () => [sns, { TopicArn: topic, PublishBatchRequestEntries: entries("ab", "Message") }],
    PutEvents: () => [eventbridge, { Entries: [{ ...event }, { ...event }] }],
    PutRecord: () => [kinesis, { StreamName: "clicks", ...click }],
    PutRecords: () => [kinesis, { StreamName: "clicks", Records: [{ ...click }, { ...click }] }],
    StartExecution: () => [
      sfn,
      { stateMachineArn: arn("states", "stateMachine:fulfilment"), input: '{"order": 1}' },
    ],
    Invoke: () => [lambda, { FunctionName: "consumer", Payload: Buffer.from("{}") }],
  };
  return async (line) => {
    const operation = line.trim();
    const [sdk, input] = calls[operation]();
    const Client = Object.entries(sdk).find(([name]) => /^(?!__).+Client$/.test(name))[1];
    // The client of Kinesis speaks HTTP/2 otherwise.
    const client = new Client({ requestHandler: new NodeHttpHandler() });
    await tracer.trace("call", () => client.send(new sdk[`${operation}Command`](input)));
  };
}

async function main() {
  const handle = { extract, send }[process.argv[2]]();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    await handle(line);
    process.stdout.write("#\n");
  }
  // Timers of the libraries keep the process alive.
  process.exit(0);
}

main();
