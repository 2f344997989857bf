"""./dev clean: removes this clone's build folder, after stopping the services that run in it."""

import argparse
import shutil

from dev import paths, service_table, services
from dev.console import say

CACHED = ("ccache", "deps", "locks", "maven")  # by name: $SLUICE_CACHE may be a folder of the user's


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev clean")
    parser.add_argument("--cache", action="store_true", help="the cache of all clones too")
    options = parser.parse_args(arguments)
    for service in service_table.SERVICES:
        services.stop(service)
    cached = [paths.cache() / name for name in CACHED] if options.cache else []
    places = [paths.BUILD, *cached]
    for place in places:
        if place.exists():
            shutil.rmtree(place)
            say(f"removed {place}")
    return 0
