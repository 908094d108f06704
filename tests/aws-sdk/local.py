"""What the scripts share that run the AWS SDK against an account on this machine."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile

# The only region and credentials there are; nothing checks them.
SETTINGS = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}


def build():
    """The path of the program with the clients."""
    manifest = pathlib.Path(__file__).resolve().parent / "Cargo.toml"
    command = ["cargo", "build", "--quiet", "--manifest-path", manifest, "--message-format", "json"]
    messages = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.splitlines()
    return next(path for path in (json.loads(line).get("executable") for line in messages) if path)


def virtual_environment(stack, *packages):
    """The folder of a virtual environment with these packages, as long as the stack lives."""
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([f"{folder}/bin/python", "-m", "pip", "install", "--quiet", *packages], check=True)
    return folder


@contextlib.contextmanager
def running(command, **options):
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def account(stack, folder):
    """Starts moto, of the virtual environment in the folder. Returns the variables of an environment in which the SDKs
    talk to an account that is empty until now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = str(listener.getsockname()[1])
    log = stack.enter_context(open(f"{folder}/moto-{port}.log", "wb"))
    command = [f"{folder}/bin/moto_server", "--host", "127.0.0.1", "--port", port]
    stack.enter_context(running(command, env=os.environ | SETTINGS, stdout=log, stderr=log))
    endpoint = f"http://127.0.0.1:{port}"
    retry = ["curl", "--silent", "--fail", "--retry", "20", "--retry-delay", "1", "--retry-connrefused"]
    subprocess.run([*retry, "--output", os.devnull, f"{endpoint}/moto-api/"], check=True)
    return SETTINGS | {"AWS_ENDPOINT_URL": endpoint}
