"""Build the images of Cumbre's functions, push them, and write their digests into a variables file of Terraform.

    python infra/push_images.py RELEASE [--model siglip2] [--model-endpoint https://...]

RELEASE is a tag that the repositories don't have yet, such as 1.0.0 or the output of `git describe --always`. Terraform
creates the repositories if they are missing. Needs Terraform, Docker with buildx, and the AWS CLI with credentials.
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
# Targets of infra/Dockerfile, and repositories of the same names.
IMAGES = ("ingest", "query", "bot")
NO_IMAGE_YET = dict.fromkeys(IMAGES, "none-yet")


def run(*command: str, stdin: str | None = None) -> str:
    """Run a command and return its standard output; its standard error is shown. Raises CalledProcessError."""
    return subprocess.run(command, cwd=ROOT, input=stdin, stdout=subprocess.PIPE, text=True, check=True).stdout


def repositories() -> dict[str, str]:
    """Create missing repositories and return the address of each repository by name."""
    terraform = ["terraform", f"-chdir={TERRAFORM}"]
    run(*terraform, "init", "-input=false")
    if not DIGESTS.exists():
        DIGESTS.write_text(json.dumps({"images": NO_IMAGE_YET}, indent=2) + "\n")
    run(*terraform, "apply", "-input=false", "-auto-approve", "-target=aws_ecr_repository.this")
    found: dict[str, str] = json.loads(run(*terraform, "output", "-json", "repositories"))
    return found


def sign_in(registry: str) -> None:
    """Log Docker in to a registry ACCOUNT.dkr.ecr.REGION.amazonaws.com; the login lasts twelve hours."""
    password = run("aws", "ecr", "get-login-password", "--region", registry.split(".")[3])
    run("docker", "login", "--username", "AWS", "--password-stdin", registry, stdin=password)


def push(name: str, repository: str, release: str, arguments: Sequence[str]) -> str:
    """Build an image, push it and return its digest."""
    with tempfile.TemporaryDirectory() as folder:
        metadata = Path(folder) / "metadata.json"
        # Lambda does not accept images with provenance attestations.
        command = ["docker", "buildx", "build", "--platform", "linux/arm64", "--provenance=false", "--push"]
        command += ["--metadata-file", str(metadata), "--tag", f"{repository}:{release}"]
        command += ["--file", "infra/Dockerfile", "--target", name]
        run(*command, *arguments, ".")
        digest: str = json.loads(metadata.read_text("utf-8"))["containerimage.digest"]
        return digest


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release")
    parser.add_argument("--model", choices=["lite", "siglip2"], default="lite")
    parser.add_argument("--model-endpoint", default="https://huggingface.co")
    options = parser.parse_args()
    encoder = ["--build-arg", f"MODEL={options.model}", "--build-arg", f"MODEL_ENDPOINT={options.model_endpoint}"]
    try:
        addresses = repositories()
        sign_in(addresses["bot"].partition("/")[0])
        images = {
            name: push(name, address, options.release, [] if name == "bot" else encoder)
            for name, address in addresses.items()
        }
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"not all images were pushed: {error}")
    DIGESTS.write_text(json.dumps({"images": images}, indent=2) + "\n")
    sys.stderr.write(
        f"wrote the digests to {DIGESTS.relative_to(ROOT)}; now run: terraform -chdir=infra/terraform apply\n"
    )


if __name__ == "__main__":
    main()
