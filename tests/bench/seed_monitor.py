#!/usr/bin/python3
"""What asmo-monitor is measured against: the same job as a plain Python program on psutil and docker.py.

Collects the host and all containers, compares with the thresholds, adds the snapshot to a JSON history, drops what is
older than seven days, and prints a summary as JSON. One container after the other, or `--threads N` at once. The
engine is that of DOCKER_HOST.
"""

import argparse
import datetime
import json
import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import docker
import psutil

RETENTION_DAYS = 7
LOG_LINES = 50
MAX_ERRORS = 10
ERROR = re.compile(r"error|exception|fatal|panic|critical|failed|failure", re.IGNORECASE)
THRESHOLDS = {"cpu_critical": 95, "cpu_warning": 85, "ram_critical": 95, "ram_warning": 85,
              "disk_critical": 90, "disk_warning": 80, "restarts_warning": 1, "restarts_critical": 3}
GIB, MIB = 1 << 30, 1 << 20


# --- the host ---

def format_uptime(seconds):
    minutes = int(seconds // 60)
    return "%dd %dh %dm" % (minutes // 1440, minutes // 60 % 24, minutes % 60)


def collect_disks():
    disks = []
    for partition in psutil.disk_partitions(all=False):
        try:
            usage = psutil.disk_usage(partition.mountpoint)
        except OSError:
            continue
        disks.append({
            "mount": partition.mountpoint,
            "device": partition.device,
            "total_gb": round(usage.total / GIB, 1),
            "used_gb": round(usage.used / GIB, 1),
            "used_percent": usage.percent,
        })
    return disks


def collect_system():
    ram, swap, network = psutil.virtual_memory(), psutil.swap_memory(), psutil.net_io_counters()
    return {
        "timestamp": datetime.datetime.now().isoformat(),
        "cpu_percent": psutil.cpu_percent(interval=1),
        "cpu_count": psutil.cpu_count(),
        "ram_total_gb": round(ram.total / GIB, 1),
        "ram_used_gb": round((ram.total - ram.available) / GIB, 1),
        "ram_percent": ram.percent,
        "swap_total_gb": round(swap.total / GIB, 1),
        "swap_used_gb": round(swap.used / GIB, 1),
        "disks": collect_disks(),
        "net_rx_mb": round(network.bytes_recv / MIB, 2),
        "net_tx_mb": round(network.bytes_sent / MIB, 2),
        "uptime": format_uptime(time.time() - psutil.boot_time()),
        "load_average": list(os.getloadavg()),
    }


# --- the containers ---

def cpu_percent(stats):
    now, before = stats["cpu_stats"], stats["precpu_stats"]
    used = now["cpu_usage"]["total_usage"] - before["cpu_usage"]["total_usage"]
    system = now.get("system_cpu_usage", 0) - before.get("system_cpu_usage", 0)
    if used <= 0 or system <= 0:
        return 0.0
    return round(used / system * now.get("online_cpus", 1) * 100, 2)


def memory(stats):
    """MiB in use without the page cache, and percent of the limit."""
    figures = stats["memory_stats"]
    details = figures.get("stats", {})
    cache = details.get("total_inactive_file", details.get("inactive_file", 0))
    used, limit = figures.get("usage", 0) - cache, figures.get("limit", 0)
    return round(used / MIB, 1), round(used / limit * 100, 1) if limit else 0.0


def recent_errors(container):
    lines = container.logs(tail=LOG_LINES).decode("utf-8", errors="replace").splitlines()
    errors = [line.strip() for line in lines if ERROR.search(line)]
    return list(dict.fromkeys(errors))[-MAX_ERRORS:]


def collect_container(container):
    state = container.attrs["State"]
    health = state.get("Health", {}).get("Status", "none")
    result = {
        "name": container.name,
        "id": container.short_id,
        "status": "stopped",
        "state": container.status,
        "health": health,
        "cpu_percent": 0.0, "mem_mb": 0.0, "mem_percent": 0.0, "net_rx_mb": 0.0, "net_tx_mb": 0.0,
        "restarts": container.attrs.get("RestartCount", 0),
        "errors": recent_errors(container),
    }
    if container.status == "running":
        stats = container.stats(stream=False)
        networks = stats.get("networks", {}).values()
        result["status"] = "unhealthy" if health == "unhealthy" else "running"
        result["cpu_percent"] = cpu_percent(stats)
        result["mem_mb"], result["mem_percent"] = memory(stats)
        result["net_rx_mb"] = round(sum(network["rx_bytes"] for network in networks) / MIB, 2)
        result["net_tx_mb"] = round(sum(network["tx_bytes"] for network in networks) / MIB, 2)
    return result


def collect_containers(threads):
    client = docker.from_env(max_pool_size=max(threads, 10))
    containers = client.containers.list(all=True)
    if not threads:
        return [collect_container(container) for container in containers]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(collect_container, containers))


def count_containers(containers):
    running = sum(container["state"] == "running" for container in containers)
    return {
        "containers_total": len(containers),
        "containers_running": running,
        "containers_stopped": len(containers) - running,
        "containers_unhealthy": sum(container["health"] == "unhealthy" for container in containers),
    }


# --- the verdict, the history, the output ---

def analyze(snapshot):
    critical, warnings = [], []

    def compare(what, value, name):
        if value >= THRESHOLDS[name + "_critical"]:
            critical.append("%s: %s" % (what, value))
        elif value >= THRESHOLDS[name + "_warning"]:
            warnings.append("%s: %s" % (what, value))

    compare("CPU", snapshot["cpu_percent"], "cpu")
    compare("RAM", snapshot["ram_percent"], "ram")
    for disk in snapshot["disks"]:
        compare("Disk " + disk["mount"], disk["used_percent"], "disk")
    for container in snapshot["containers"]:
        if container["health"] == "unhealthy":
            critical.append("Container %s is unhealthy" % container["name"])
        compare("Restarts of " + container["name"], container["restarts"], "restarts")
    return {"has_critical": bool(critical), "critical_issues": critical, "warnings": warnings}


def store(path, snapshot):
    try:
        with open(path, encoding="utf-8") as file:
            history = json.load(file)
    except FileNotFoundError:
        history = []
    oldest = datetime.datetime.now() - datetime.timedelta(days=RETENTION_DAYS)
    history = [entry for entry in history if datetime.datetime.fromisoformat(entry["timestamp"]) >= oldest]
    history.append(snapshot)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(history, file, indent=2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--history", required=True, metavar="FILE")
    parser.add_argument("--threads", type=int, default=0, metavar="N")
    options = parser.parse_args()

    snapshot = collect_system()
    snapshot["containers"] = collect_containers(options.threads)
    snapshot.update(count_containers(snapshot["containers"]))
    snapshot["alert"] = analyze(snapshot)
    store(options.history, snapshot)
    print(json.dumps({
        "success": True,
        "critical_alert": snapshot["alert"]["has_critical"],
        "summary": {
            "timestamp": snapshot["timestamp"],
            "cpu_percent": snapshot["cpu_percent"],
            "ram_percent": snapshot["ram_percent"],
            "disk_max_percent": max((disk["used_percent"] for disk in snapshot["disks"]), default=0),
            **count_containers(snapshot["containers"]),
        },
        "alert": snapshot["alert"],
    }))
    return 0


if __name__ == "__main__":
    sys.exit(main())
