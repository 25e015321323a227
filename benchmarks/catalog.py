"""The catalog: import of the full WLASL index, again with nothing changed, statistics, a page."""

import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import load, real_data, report, time_s
from store.importers.dataset import read_dataset, store_dataset
from store.importers.source import find_dataset
from store.library import Library
from store.query import run_query
from store.stats import read_stats
from store.tally import freshen


def main() -> int:
    data = real_data()
    if data is None:
        sys.stderr.write("No WLASL data: set SIGNTUI_TEST_DATA to the folder that has the index.\n")
        return 0
    folder = Path(tempfile.mkdtemp(prefix="signtui-bench-"))
    libraries = iter(Library.create(folder / str(number)) for number in range(100))
    print(f"minimum, median, maximum; {load()}")
    try:
        report(
            "import of 21,083 instances", time_s(lambda: bring_in(data, next(libraries))), limit_s=3
        )
        library = next(libraries)
        bring_in(data, library)
        report("the same again", time_s(lambda: bring_in(data, library)), limit_s=2)
        report("statistics", time_s(lambda: read_stats(library)))
        page = "SELECT * FROM instances WHERE gloss >= 'm' ORDER BY signer LIMIT 50"
        report("a page of instances, filtered and sorted", time_s(lambda: run_query(library, page)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def bring_in(data: Path, library: Library) -> None:
    store_dataset(library, read_dataset(find_dataset(data, unpack_to=library.clips_dir)))
    freshen(library)


if __name__ == "__main__":
    sys.exit(main())
