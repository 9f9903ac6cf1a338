"""Estimate what infra/terraform costs per month on AWS, without Elasticsearch: arithmetic, not a measurement.

    python -m benchmarks.cloud_cost

Prices are Amazon's list prices in us-east-1, in US dollars, without its free allowances. Prices change: compare them
with the price lists before you rely on a sum. The usage of an album is assumed below.
"""

import argparse
from dataclasses import dataclass

PRICES_OF = "2026-11-25"
S3_GB_MONTH = 0.023
S3_PUT_OR_LIST = 0.005 / 1000
S3_GET = 0.0004 / 1000
LAMBDA_ARM_GB_S = 0.0000133334
LAMBDA_ARM_PROVISIONED_GB_S = 0.0000033334
LAMBDA_REQUEST = 0.20 / 1e6
SQS_REQUEST = 0.40 / 1e6
SQS_FIFO_REQUEST = 0.50 / 1e6
SECRET_MONTH = 0.40
ALARM_MONTH = 0.10
ECR_GB_MONTH = 0.10
LOGS_GB = 0.50

MONTH_S = 30 * 24 * 3600
ENCODER_GB = 3008 / 1024
BOT_GB = 1.0
PHOTO_MB = 5.0
RENDITIONS = 2
RENDITION_MB = 0.15
INGEST_S = 1.0
QUERY_S = 0.5
# Lambda polls an idle queue with five pollers, each every 20 s.
POLLS_OF_A_QUEUE = 5 * MONTH_S / 20
SECRETS = 2
ALARMS = 16
IMAGES_GB = 3 * 2 * 0.2
LOG_KB_PER_QUESTION = 5
LIST_PAGE = 1000


@dataclass(frozen=True)
class Album:
    """Assumed usage of an album. comparison_s: seconds that one comparison of the album with the index takes."""

    photos: int
    questions_a_month: int
    comparisons_a_month: int
    comparison_s: float


def once(album: Album) -> float:
    """Return the cost of indexing every photo once: reading, embedding, writing renditions, one message each."""
    function = INGEST_S * ENCODER_GB * LAMBDA_ARM_GB_S
    storage = S3_GET + RENDITIONS * S3_PUT_OR_LIST
    return album.photos * (function + storage + 3 * SQS_REQUEST)


def monthly(album: Album) -> dict[str, float]:
    """Return the monthly cost by item."""
    lists = album.photos / LIST_PAGE * album.comparisons_a_month
    seconds_gb = album.comparison_s * ENCODER_GB * album.comparisons_a_month
    answer_gb_s = QUERY_S * ENCODER_GB + (QUERY_S + 0.1) * BOT_GB
    return {
        "photos": album.photos * PHOTO_MB / 1000 * S3_GB_MONTH,
        "renditions": album.photos * RENDITIONS * RENDITION_MB / 1000 * S3_GB_MONTH,
        "comparisons": seconds_gb * LAMBDA_ARM_GB_S + lists * S3_PUT_OR_LIST,
        "questions": album.questions_a_month * (answer_gb_s * LAMBDA_ARM_GB_S + 2 * LAMBDA_REQUEST),
        "idle queues": POLLS_OF_A_QUEUE * (SQS_REQUEST + SQS_FIFO_REQUEST),
        "alarms, secrets": ALARMS * ALARM_MONTH + SECRETS * SECRET_MONTH,
        "images, logs": IMAGES_GB * ECR_GB_MONTH + album.questions_a_month * LOG_KB_PER_QUESTION / 1e6 * LOGS_GB,
    }


def main() -> None:
    """Print the costs of two albums."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    print(f"US dollars, list prices of {PRICES_OF}, without Elasticsearch")
    for album in (Album(10_000, 3_000, 720, 10.0), Album(1_000_000, 30_000, 120, 400.0)):
        costs = monthly(album)
        print(
            f"{album.photos} photos, {album.questions_a_month} questions a month: {sum(costs.values()):.2f} a month",
            end="",
        )
        print(f" ({', '.join(f'{name} {cost:.2f}' for name, cost in costs.items())})")
        print(f"  indexing all photos once: {once(album):.2f}")
    provisioned = ENCODER_GB * MONTH_S * LAMBDA_ARM_PROVISIONED_GB_S
    print(f"one provisioned instance of the query function: {provisioned:.2f} a month")


if __name__ == "__main__":
    main()
