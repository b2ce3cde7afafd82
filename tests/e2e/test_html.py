"""The HTML report: its structure by a parser, and what it does in a real browser."""

import math
import os
import random

import history
from history import END, HOUR, container, day, disk, snapshot, stopped


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


def stamp(epoch):
    import datetime
    return datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
