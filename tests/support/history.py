"""Histories with a known truth: a day of hourly snapshots that a test bends to its purpose."""

import datetime
import json

HOUR = 3600
END = 1768125600  # 2026-01-11T10:00:00Z
IMAGE = "busybox"


def container(name, **changes):
    fields = {
        "name": name, "id": (name.encode().hex() + "0" * 12)[:12], "status": "running", "state": "running",
        "health": "none", "cpu_percent": 0.5, "mem_mb": 100.0, "mem_percent": 0.6, "net_rx_mb": 1.0, "net_tx_mb": 2.0,
        "restarts": 0, "errors": [], "image": IMAGE, "exit_code": 0, "oom_killed": False,
        "started_at": "2026-01-01T00:00:00Z", "finished_at": None, "error_count": 0, "error_counts": [], "problem": None,
    }
    fields.update(changes)
    return fields


def stopped(name, exit_code=0, **changes):
    return container(name, status="stopped", state="exited", exit_code=exit_code, cpu_percent=None, mem_mb=None,
                     mem_percent=None, net_rx_mb=None, net_tx_mb=None, **changes)


def snapshot(epoch, containers=(), **changes):
    containers = list(containers)
    running = [c for c in containers if c["state"] == "running"]
    when = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc)
    fields = {
        "timestamp": when.strftime("%Y-%m-%dT%H:%M:%S.000000"),
        "cpu_percent": 15.3, "cpu_count": 8, "ram_total_gb": 16.0, "ram_used_gb": 5.5, "ram_percent": 34.4,
        "swap_total_gb": 4.0, "swap_used_gb": 0.0,
        "disks": [disk("/", 115.0, 457.0), disk("/mnt/nas", 1100.0, 3600.0)],
        "uptime": "15d 7h 23m", "load_average": [1.5, 1.3, 1.2], "containers": containers,
        "containers_total": len(containers), "containers_running": len(running),
        "containers_stopped": len(containers) - len(running),
        "containers_unhealthy": len([c for c in running if c["status"] == "unhealthy"]),
        "alert": {"has_critical": False, "critical_issues": [], "warnings": []},
        "epoch": epoch, "server": "ASMO-01", "uptime_seconds": 1322580 + epoch - END, "net_rx_mb": 100.0, "net_tx_mb": 50.0,
        "oom_kills": 0, "docker": {"available": True, "engine": "Docker", "version": "28.5.2", "error": None},
        "problems": [],
    }
    fields.update(changes)
    return fields


def disk(mount, used_gb, total_gb, **changes):
    fields = {"mount": mount, "device": "/dev/x", "total_gb": total_gb, "used_gb": used_gb,
              "used_percent": round(used_gb / total_gb * 100, 1), "problem": None}
    fields.update(changes)
    return fields


def day(make, hours=24):
    """`make(hour, epoch)` for each hour of the day that ends at END, the last one an hour's fraction before it; None
    leaves that hour out."""
    snapshots = [make(hour, END - (hours - 1 - hour) * HOUR - 60) for hour in range(hours)]
    return [s for s in snapshots if s]


def write(path, snapshots):
    """As asmo writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[\n" + ",\n".join(json.dumps(s, separators=(",", ":"), ensure_ascii=False)
                                       for s in snapshots) + "\n]\n")
