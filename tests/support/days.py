"""The days that the goldens and the pictures show. Each is a function of the hour, from 0 on, and of the snapshot's epoch;
None is an hour without a snapshot. Hours below 0 are of the plain week before."""

import datetime
import math
import random

import history
from history import END, HOUR, container, disk, snapshot, stopped


def stamp(epoch):
    return datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def usual(hour):
    """What a machine is busy with: more in the evening, and a backup at 02:00."""
    wave = 0.5 + 0.5 * math.sin((hour - 4) / 24 * 2 * math.pi)
    ram_used_gb = round(5.2 + 0.9 * wave, 1)
    return {"cpu_percent": round(9 + 14 * wave + hour * 7 % 5 + (11 if hour == 16 else 0), 1), "ram_used_gb": ram_used_gb,
            "ram_percent": round(ram_used_gb / 16.0 * 100, 1)}


def quiet(hour, epoch):
    return snapshot(epoch, [container("jellyfin", mem_mb=308.2, health="healthy"), container("n8n", cpu_percent=2.5),
                            stopped("backup")], **usual(hour))


def bad(hour, epoch):
    """Its policy restarts web seven times, worker crashes and is started three hours later, the CPU is busy for an hour,
    db is OOM-killed, a disk fills up, and proxy's health check begins to fail."""
    restarts = max(min(hour, 7), 0)
    fell = (math.ceil(epoch / HOUR) - hour + restarts) * HOUR - 660
    times = {"started_at": stamp(fell + 5), "finished_at": stamp(fell)} if restarts else {}
    is_locked = hour >= 0 and hour % 3 == 0
    web = container("web", restarts=restarts, errors=["SQLite Error 5: database is locked"] if is_locked else [],
                    error_counts=[2] if is_locked else [], error_count=2 if is_locked else 0, cpu_percent=3.4, mem_mb=412.6,
                    **times)
    running = container("db", cpu_percent=6.2, mem_mb=3174.4)
    database = running if hour < 15 else stopped("db", 137, finished_at="2026-01-11T01:00:00Z")
    proxy = container("proxy", health="unhealthy" if hour >= 22 else "healthy", status="unhealthy" if hour >= 22 else "running",
                      cpu_percent=0.8, mem_mb=38.9)
    worker = stopped("worker", 3) if 5 <= hour < 9 else container("worker", cpu_percent=11.7, mem_mb=155.0)
    disks = [disk("/", 400 + max(hour, 0), 457.0), disk("/mnt/nas", 1100.0, 3600.0)]
    busy = {"cpu_percent": 97.5} if hour == 3 else {}
    return snapshot(epoch, [container("jellyfin", cpu_percent=1.9, mem_mb=308.2), web, database, proxy, worker, stopped("job", 0)],
                    **{**usual(hour), **busy}, disks=disks, oom_kills=0 if hour < 15 else 1)


def gaps(hour, epoch):
    """The monitor does not run for four hours, later the engine is away for two."""
    if 3 <= hour < 7:
        return None
    if hour in (10, 11):
        return snapshot(epoch, docker={"available": False, "engine": None, "version": None, "error": "Connection refused"},
                        containers_total=None, containers_running=None, containers_stopped=None, containers_unhealthy=None,
                        **usual(hour))
    return quiet(hour, epoch)


def silent(hour, epoch):
    """The monitor has run once."""
    return None if hour > 0 else quiet(hour, epoch)


def full_soon(hour, epoch):
    return snapshot(epoch, [container("immich", mem_mb=2411.0), container("postgres", cpu_percent=31.4)], cpu_percent=20 + hour * 3,
                    cpu_avg_percent=18 + hour * 3, avg_seconds=HOUR, ram_percent=88.0, ram_used_gb=14.1,
                    disks=[disk("/", 115.0, 457.0), disk("/srv/photos", 1740.0 + hour * 4, 1900.0)],
                    net_rx_kb_per_second=800.0, net_tx_kb_per_second=90.0)


def lived_in(hour, epoch, server="tower"):
    """A week of a server with two dozen containers, on whose last day much goes wrong."""
    chance = random.Random(int(epoch))
    today = hour - 144
    wave = 0.5 + 0.5 * math.sin((hour % 24 - 8) / 24 * 2 * math.pi)
    names = ("authelia grafana homeassistant immich influxdb jellyfin mariadb mosquitto n8n nextcloud nginx paperless "
             "pihole plex portainer postgres prometheus qbittorrent radarr redis sonarr traefik vaultwarden").split()
    containers = []
    for i, name in enumerate(names):
        changes = {"cpu_percent": round((i * 7 % 11) * 0.4 + chance.random() * 3, 1), "mem_mb": 40.0 + i * i * 7 % 900,
                   "health": "healthy" if i % 3 else "none", "avg_seconds": 3600.0, "net_rx_kb_per_second": 10.0 * i,
                   "net_tx_kb_per_second": 5.0 * i}
        if name == "nextcloud" and today >= 3:
            changes.update(restarts=min(today - 2, 9))
            if today % 2:
                changes.update(errors=["PDOException: SQLSTATE[HY000] [2002] Connection refused in /var/www/html/lib/private/DB.php:%d"
                                       % today, "Redis server went away"], error_counts=[14, 3], error_count=17,
                               error_first_epochs=[epoch - 3000, epoch - 900], error_last_epochs=[epoch - 60, epoch - 500])
        if name == "traefik" and today >= 21:
            changes.update(health="unhealthy", status="unhealthy")
        if name == "vaultwarden" and today == 12:
            changes.update(errors=["[ERROR] Login failed for admin"], error_counts=[1], error_count=1,
                           error_first_epochs=[epoch - 100], error_last_epochs=[epoch - 100])
        if name == "mariadb" and today >= 14:
            containers.append(stopped(name, 137, finished_at=stamp(END - 9.6 * HOUR)))
        elif name == "qbittorrent" and 5 <= today < 8:
            containers.append(stopped(name, 139, finished_at=stamp(END - 18.7 * HOUR)))
        else:
            containers.append(container(name, **changes))
    containers += [stopped("backup", 0), stopped("certbot", 0)]
    busy = 97.4 if today == 3 else round(12 + 30 * wave + 8 * chance.random(), 1)
    return snapshot(epoch, containers, server=server, cpu_percent=busy, cpu_avg_percent=busy, avg_seconds=3600.0,
                    ram_percent=round(58 + 9 * wave + (hour / 168) * 6, 1), ram_used_gb=11.4, oom_kills=0 if today < 14 else 1,
                    net_rx_kb_per_second=round(300 + 2500 * wave * chance.random(), 1),
                    net_tx_kb_per_second=round(80 + 700 * wave * chance.random(), 1),
                    disks=[disk("/", round(380 + hour * 0.21, 1), 457.0), disk("/mnt/nas", round(2400 + 80 * math.sin(hour / 20), 1), 3600.0),
                           disk("/mnt/backup", 700.0 + (hour // 24) * 12, 1800.0)])


# What is shown: name -> [(server, what a day was like, its hours)].
SHOWN = {
    "quiet": [("ASMO-01", quiet, 24)],
    "bad": [("ASMO-01", bad, 24)],
    "gaps": [("ASMO-01", gaps, 24)],
    "five": [("attic", quiet, 24), ("backup", bad, 24), ("cellar", gaps, 24), ("office", silent, 24), ("tower", lived_in, 168)],
}


WEEK = 168


def with_week(what, hours):
    """The hours of such a day, behind those of a plain week, as a user's history has them."""
    return history.day(lambda hour, epoch: what(hour - (WEEK - hours), epoch), WEEK)


def write(folder, servers):
    """A history file of each (server, what a day was like, its hours)."""
    files = []
    for server, what, hours in servers:
        files.append(folder / server / "history.json")
        history.write(files[-1], [dict(s, server=server) for s in with_week(what, hours)])
    return files
