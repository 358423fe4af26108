"""Pages with the whole nation loaded: the summary's and the dashboard's, and the worklist beside it with alerts across the nation.

Invents summary counts of 600,000 villages and 40 rules, loads them with ``load_summary``, and prints the load and each
page's server time: median and worst of ten, in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tests.harness.cluster import cluster

from bench.bulk import analyze
from bench.worklist import VISITS, fill

TODAY = date(2026, 11, 2)
SEED = 11
TARGETS = 40
TOWNSHIPS_A_COUNTY, CITY_SIZE = 13, 9


def villages(count: int) -> list[str]:
    """Codes of invented villages: 31 provinces, nine counties a city, 13 townships a county (3,000 and 40,000 for 600,000)."""
    codes, each = [], 15
    for number in range(count):
        township, village = divmod(number, each)
        county, place = divmod(township, TOWNSHIPS_A_COUNTY)
        city, inside = divmod(county, CITY_SIZE)
        province = 11 + city % 31
        codes.append(f"{province:02d}{city // 31 + 1:02d}{inside + 1:02d}{place + 100:03d}{village + 201:03d}")
    return sorted(codes)


def write_summary(path: Path, count: int, rules: list[str]) -> None:
    """Write a summary with counts for each village and rule, most of them small, some of them nought."""
    rng = np.random.Generator(np.random.PCG64(SEED))
    codes = villages(count)
    schema = pa.schema(
        [
            ("area_code", pa.dictionary(pa.int32(), pa.string())),
            ("target", pa.dictionary(pa.int32(), pa.string())),
            *((name, pa.int32()) for name in ("holds", "untold", "raised", "cleared")),
        ]
    ).with_metadata({"as_of": "2026-10-31", "version": "1"})
    names = pa.array(rules)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for first in range(0, count, 20_000):
            part = codes[first : first + 20_000]
            rows = len(part) * len(rules)
            area = np.repeat(np.arange(len(part), dtype=np.int32), len(rules))
            rule = np.tile(np.arange(len(rules), dtype=np.int32), len(part))
            holds = rng.poisson(np.tile(np.geomspace(0.02, 12, len(rules)), len(part)))
            figures = [holds, rng.poisson(0.3, rows), rng.binomial(holds, 0.05), rng.binomial(holds, 0.04)]
            columns = [
                pa.DictionaryArray.from_arrays(pa.array(area), pa.array(part)),
                pa.DictionaryArray.from_arrays(pa.array(rule), names),
                *(pa.array(each, pa.int32()) for each in figures),
            ]
            writer.write_table(pa.table(columns, schema=schema))


def divisions(count: int) -> Iterator[tuple[str, str]]:
    """Each division above and including the townships of ``villages``, with its level."""
    widths = {2: "province", 4: "city", 6: "county", 9: "township"}
    seen: set[str] = set()
    for code in villages(count):
        for width, level in widths.items():
            above = code[:width].ljust(12, "0")
            if above not in seen:
                seen.add(above)
                yield above, level


def visit(count: int, alerts: int) -> None:
    """Load everything, then time the pages of the nation's, a province's, a city's and a county's post."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    call_command("migrate", verbosity=0)
    from shouwang.apps.accounts import services as accounts
    from shouwang.apps.accounts.models import User
    from shouwang.apps.areas.services import import_local
    from shouwang.apps.assessment.selectors import book
    from shouwang.apps.reports.services import load_summary

    law = book()
    rules = [rule.name for rule in law.warnings(TODAY)]
    rules = (rules + [f"eligible_{number:02d}" for number in range(TARGETS)])[:TARGETS]
    figure = {"bench": "national_pages", "database": connection.vendor, "villages": count, "rules": len(rules)}
    with tempfile.TemporaryDirectory() as folder:
        places = Path(folder) / "divisions.csv"
        lines = [f"{code},区划{code[:9].rstrip('0')},{level},2020-01-01" for code, level in divisions(count)]
        places.write_text("\n".join(["code,name,level,valid_from", *lines]) + "\n", encoding="utf-8")
        import_local(places)
        path = Path(folder) / "summary.parquet"
        write_summary(path, count, rules)
        began, cpu = time.perf_counter(), time.process_time()
        summary = load_summary(path, source="各省汇总")
        load = {
            "load_seconds": round(time.perf_counter() - began, 1),
            "load_cpu_seconds": round(time.process_time() - cpu, 1),
            "lines": summary.divisions,
            "file_mib": round(path.stat().st_size / 2**20, 1),
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
        print(json.dumps(figure | load), flush=True)
    codes = villages(count)
    province, city, county = (f"{codes[0][:width]:0<12}" for width in (2, 4, 6))
    posts = {"nation": "000000000000", "province": province, "city": city, "county": county}
    for level, area_code in posts.items():
        user = accounts.create_user(None, username=level, name=f"测试{level}")
        accounts.assign_post(
            None, user=user, title="数据岗", level=level, area_code=area_code, valid_from=date(2026, 1, 1)
        )
    if alerts:
        fill(alerts, codes[:: max(1, len(codes) // 5000)])
    analyze()
    settings.ALLOWED_HOSTS = ["testserver"]
    rule = rules[-1]
    pages = {
        "summary": "/summary/",
        "summary of one rule": f"/summary/?rule={rule}",
        "a county": f"/summary/{county}/?rule={rule}",
        "dashboard": "/dashboard/",
        "worklist": "/",
        "worklist, 红": "/?level=红",
    }
    for level in posts:
        client = Client()
        client.force_login(User.objects.get(username=level), backend="django.contrib.auth.backends.ModelBackend")
        for name, url in pages.items():
            samples = []
            for _ in range(VISITS):
                began = time.perf_counter()
                answer = client.get(url)
                samples.append((time.perf_counter() - began) * 1000)
                assert answer.status_code == 200, (url, answer.status_code)
            times = {"median_ms": round(statistics.median(samples), 1), "worst_ms": round(max(samples), 1)}
            print(
                json.dumps(figure | {"alerts": alerts, "who": level, "page": name} | times, ensure_ascii=False),
                flush=True,
            )


def main() -> None:
    """Run on SQLite, or with --postgres on a private PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--villages", type=int, default=600_000)
    parser.add_argument("--alerts", type=int, default=1_000_000)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--here", action="store_true", help="run in this process on the configured database")
    options = parser.parse_args()
    if options.here:
        from shouwang.config.start import start

        start(today=TODAY.isoformat())
        visit(options.villages, options.alerts)
        return
    again = [sys.executable, __file__, "--here", "--villages", str(options.villages), "--alerts", str(options.alerts)]
    with tempfile.TemporaryDirectory() as folder:
        settings = {**os.environ, "SHOUWANG_DATA_DIR": folder}
        if options.postgres:
            with cluster() as url:
                subprocess.run(again, check=True, env={**settings, "SHOUWANG_DATABASE_URL": url})
        else:
            subprocess.run(again, check=True, env=settings)


if __name__ == "__main__":
    main()
