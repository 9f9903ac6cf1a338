"""Builds the images of Cumbre's functions and pushes them, then tells Terraform their digests.

    python infra/push_images.py RELEASE [--model siglip2] [--model-endpoint https://...]

RELEASE is a tag that is new to the repositories, such as 1.0.0 or what `git describe --always` says. Terraform makes
the repositories if they are missing. Needs terraform, docker with buildx, the AWS command line and credentials.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TERRAFORM = ROOT / "infra" / "terraform"
DIGESTS = TERRAFORM / "images.auto.tfvars.json"
DOCKERFILES = {
    "ingest": "functions/ingest/Dockerfile",
    "query": "functions/query/Dockerfile",
    "bot": "bot/Dockerfile",
}
NO_IMAGE_YET = dict.fromkeys(DOCKERFILES, "none-yet")


def run(*command: str, given: str | None = None) -> str:
    """What a command prints; its messages go where ours go. Raises CalledProcessError."""
    return subprocess.run(command, cwd=ROOT, input=given, stdout=subprocess.PIPE, text=True, check=True).stdout


def repositories() -> dict[str, str]:
    """The address of each repository."""
    terraform = ["terraform", f"-chdir={TERRAFORM}"]
    run(*terraform, "init", "-input=false")
    if not DIGESTS.exists():
        DIGESTS.write_text(json.dumps({"images": NO_IMAGE_YET}, indent=2) + "\n")
    run(*terraform, "apply", "-input=false", "-auto-approve", "-target=aws_ecr_repository.this")
    found: dict[str, str] = json.loads(run(*terraform, "output", "-json", "repositories"))
    return found


def sign_in(registry: str) -> None:
    """Docker's access to a registry ACCOUNT.dkr.ecr.REGION.amazonaws.com, for twelve hours."""
    password = run("aws", "ecr", "get-login-password", "--region", registry.split(".")[3])
    run("docker", "login", "--username", "AWS", "--password-stdin", registry, given=password)


def push(name: str, repository: str, release: str, arguments: Sequence[str]) -> str:
    """The digest of an image that was built and pushed."""
    with tempfile.TemporaryDirectory() as folder:
        facts = Path(folder) / "facts.json"
        # Lambda takes no image with provenance beside it.
        command = ["docker", "buildx", "build", "--platform", "linux/arm64", "--provenance=false", "--push"]
        command += ["--metadata-file", str(facts), "--tag", f"{repository}:{release}", "--file", DOCKERFILES[name]]
        run(*command, *arguments, ".")
        digest: str = json.loads(facts.read_text("utf-8"))["containerimage.digest"]
        return digest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release")
    parser.add_argument("--model", choices=["lite", "siglip2"], default="lite")
    parser.add_argument("--model-endpoint", default="https://huggingface.co")
    given = parser.parse_args()
    encoder = ["--build-arg", f"MODEL={given.model}", "--build-arg", f"MODEL_ENDPOINT={given.model_endpoint}"]
    try:
        addresses = repositories()
        sign_in(addresses["bot"].partition("/")[0])
        images = {
            name: push(name, address, given.release, [] if name == "bot" else encoder)
            for name, address in addresses.items()
        }
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"the images are not all pushed: {error}")
    DIGESTS.write_text(json.dumps({"images": images}, indent=2) + "\n")
    sys.stderr.write(f"{DIGESTS.relative_to(ROOT)} names them; now: terraform -chdir=infra/terraform apply\n")


if __name__ == "__main__":
    main()
