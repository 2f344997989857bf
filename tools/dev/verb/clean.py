"""./dev clean: removes this clone's build folder, after stopping the services that run in it."""

import argparse
import shutil

from dev import paths
from dev.console import say
from dev.service import services, table

# By name: $SLUICE_CACHE may be a folder that the user keeps other things in.
CACHED = ("ccache", "deps", "locks", "maven")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev clean")
    parser.add_argument("--cache", action="store_true", help="the cache of all clones too")
    options = parser.parse_args(arguments)
    for service in table.SERVICES:
        services.stop(service)
    cached = [paths.cache() / name for name in CACHED] if options.cache else []
    places = [paths.BUILD, *cached]
    for place in places:
        if place.exists():
            shutil.rmtree(place)
            say(f"removed {place}")
    return 0
