"""The services there are. A new one is one entry here and, when it needs something fetched, a group
in deps/deps.toml.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dev import paths
from dev.console import DevError
from dev.service import java, postgres

SPARK_JAVA = (17, 23)  # Hadoop's client needs what Java 24 took away


@dataclass(frozen=True)
class Place:
    """Where one run of a service keeps its data and listens (127.0.0.1)."""

    data: Path
    port: int


@dataclass(frozen=True)
class Service:
    name: str
    port: int  # wanted; another one is chosen when it is taken
    groups: tuple[str, ...]  # of deps/deps.toml
    missing: Callable[[], str]  # why this machine cannot run it; empty when it can
    hint: str
    command: Callable[[Place], list[str]]
    environment: Callable[[], dict[str, str]]
    addresses: Callable[[Place], dict[str, str]]  # what tests read
    ready_seconds: float = 120.0


def spark_missing() -> str:
    oldest, newest = SPARK_JAVA
    return "" if java.find_home(oldest, newest) else f"no Java {oldest} to {newest} found"


def spark_jars() -> str:
    names = ("iceberg-spark", "delta-spark", "delta-storage", "delta-kernel-api",
             "delta-kernel-defaults", "delta-kernel-unitycatalog")
    return ",".join(str(jar) for name in names for jar in sorted((paths.DEPS / name).glob("*.jar")))


def spark_command(place: Place) -> list[str]:
    extensions = ("org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
                  "io.delta.sql.DeltaSparkSessionExtension")
    settings = {
        "spark.sql.extensions": ",".join(extensions),
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.catalog.lake": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.lake.type": "hadoop",
        "spark.sql.catalog.lake.warehouse": str(place.data / "warehouse"),
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(place.port),
    }
    confs = [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]
    return [str(paths.DEPS / "pyspark" / "bin" / "spark-submit"), "--class",
            "org.apache.spark.sql.connect.service.SparkConnectServer", "--master", "local[2]",
            "--jars", spark_jars(), *confs, "spark-internal"]


def spark_environment() -> dict[str, str]:
    return {"JAVA_HOME": str(java.find_home(*SPARK_JAVA)),
            "SPARK_HOME": str(paths.DEPS / "pyspark"), "SPARK_LOCAL_IP": "127.0.0.1"}


SERVICES = (
    Service(name="spark", port=15002, groups=("spark-server",), missing=spark_missing,
            hint="install a Java between 17 and 23 (Debian: openjdk-17-jre-headless)",
            command=spark_command, environment=spark_environment,
            addresses=lambda place: {"SLUICE_TEST_SPARK": f"sc://127.0.0.1:{place.port}"}),
    Service(name="postgres", port=55432, groups=(), missing=postgres.missing,
            hint="install PostgreSQL (Debian: postgresql)",
            command=lambda place: postgres.command(place.port), environment=dict,
            addresses=lambda place: {
                "SLUICE_TEST_POSTGRES":
                    f"host=127.0.0.1 port={place.port} user=sluice dbname=postgres"}),
)


def find(name: str) -> Service:
    for service in SERVICES:
        if service.name == name:
            return service
    raise DevError(f"no such service: '{name}'",
                   "there are: " + ", ".join(service.name for service in SERVICES), 2)
