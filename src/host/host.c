#include "asmo/host.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "asmo/clock.h"
#include "asmo/file.h"
#include "asmo/text.h"
#include "host/proc.h"

enum { FILE_LIMIT = 4 * 1024 * 1024, NAME_LIMIT = 512, BOOT_ID_LIMIT = 64 };

static const double kib_per_gib = GIB / KIB;

/* Reads one file into `text`; false, with the problem noted, when that fails. */
static bool read_source(int proc_fd, const char *path, struct buf *text, struct snapshot *s)
{
	struct err err;

	buf_clear(text);
	if (file_read(proc_fd, path, text, &err) == 0)
		return true;
	strings_printf(&s->problems, &s->arena, "%s", err.text);
	return false;
}

static void note(struct snapshot *s, const struct err *err)
{
	strings_printf(&s->problems, &s->arena, "%s", err->text);
}

int host_cpu_read(int proc_fd, struct cpu_ticks *ret_ticks, struct err *err)
{
	struct buf text AUTO_BUF = buf_new(FILE_LIMIT);

	if (file_read(proc_fd, "stat", &text, err) < 0)
		return -1;
	return stat_parse(buf_slice(&text), ret_ticks, err);
}

void host_cpu_fill(const struct cpu_ticks *before, const struct cpu_ticks *after, struct snapshot *snapshot)
{
	double ticks_per_second = (double)sysconf(_SC_CLK_TCK);

	snapshot->cpu_percent = host_cpu_percent(before, after);
	snapshot->cpu_count = after->cpus;
	snapshot->cpu_busy_seconds = after->busy / ticks_per_second;
	snapshot->cpu_total_seconds = after->total / ticks_per_second;
}

static void collect_memory(struct slice text, struct snapshot *s)
{
	struct memory m;
	struct err err;

	if (meminfo_parse(text, &m, &err) < 0) {
		note(s, &err);
		return;
	}
	s->ram_total_gb = m.total_kb / kib_per_gib;
	s->ram_used_gb = (m.total_kb - m.available_kb) / kib_per_gib;
	s->ram_percent = (m.total_kb - m.available_kb) / m.total_kb * 100;
	s->swap_total_gb = m.swap_total_kb / kib_per_gib;
	s->swap_used_gb = (m.swap_total_kb - m.swap_free_kb) / kib_per_gib;
}

static void collect_load(struct slice text, struct snapshot *s)
{
	double load[3];
	struct err err;

	if (loadavg_parse(text, load, &err) < 0) {
		note(s, &err);
		return;
	}
	s->load_average.items = arena_array(&s->arena, 3, sizeof(double));
	s->load_average.count = 3;
	memcpy(s->load_average.items, load, sizeof(load));
}

static void collect_uptime(struct slice text, struct snapshot *s)
{
	char uptime[CLOCK_TEXT];
	struct err err;

	if (uptime_parse(text, &s->uptime_seconds, &err) < 0) {
		note(s, &err);
		return;
	}
	clock_format_duration(s->uptime_seconds, uptime);
	s->uptime = arena_string(&s->arena, uptime);
}

/* `d5a4e8b2-...`, random(4). A container's or an emulated /proc may lack it, which is no problem. */
static void collect_boot_id(int proc_fd, struct snapshot *s)
{
	struct buf text AUTO_BUF = buf_new(BOOT_ID_LIMIT);
	struct err err;

	if (file_read(proc_fd, "sys/kernel/random/boot_id", &text, &err) == 0 && text.len)
		s->boot_id = text_clean_copy(&s->arena, buf_slice(&text), BOOT_ID_LIMIT);
}

static void collect_network(struct slice text, struct snapshot *s)
{
	struct network n;
	struct err err;

	if (netdev_parse(text, &n, &err) < 0) {
		note(s, &err);
		return;
	}
	s->net_rx_mb = n.rx_bytes / MIB;
	s->net_tx_mb = n.tx_bytes / MIB;
}

static void collect_oom_kills(struct slice text, struct snapshot *s)
{
	struct err err;

	if (vmstat_parse(text, &s->oom_kills, &err) < 0)
		note(s, &err);
}

/* A mount that may not be asked, or belongs to another machine's copied /proc, is no disk of ours; one that
 * is broken or hangs is, and its problem is named. A size of 0 is no disk either. */
static bool fill_disk(struct disk *disk, const struct mount *mount, const struct config_disks *settings,
	struct snapshot *s)
{
	const struct statvfs *space = &mount->space;
	double unit = (double)space->f_frsize / GIB, total = (double)space->f_blocks;
	/* Some file systems count more free than there is; where the reserve is in use, less than none is
	 * available: a negative number in an unsigned one, as df knows. */
	double used = fmax(total - (double)space->f_bfree, 0);
	double available = fmax((double)(int64_t)space->f_bavail, 0);

	record_init(&disk_record, disk);
	disk->mount = text_clean_copy(&s->arena, slice_of(mount->point), NAME_LIMIT);
	disk->device = text_mask_copy(&s->arena, slice_of(mount->device), NAME_LIMIT);
	if (mount->code == EACCES || mount->code == EPERM || mount->code == ENOENT) {
		strings_printf(&s->problems, &s->arena, "disk %s: %s", disk->mount, strerror(mount->code));
		return false;
	}
	if (mount->code == ETIMEDOUT) {
		disk->problem =
			arena_printf(&s->arena, "did not answer within %g s", settings->timeout_seconds);
	} else if (mount->code) {
		disk->problem = arena_printf(&s->arena, "cannot be measured: %s", strerror(mount->code));
	} else if (!space->f_blocks) {
		return false;
	} else {
		disk->total_gb = total * unit;
		disk->used_gb = used * unit;
		if (used + available > 0)
			disk->used_percent = used / (used + available) * 100;
	}
	return true;
}

static void collect_disks(struct slice text, const struct config_disks *settings, struct snapshot *s)
{
	struct mounts mounts;
	struct err err;

	if (mounts_parse(text, settings, &s->arena, &mounts, &err) < 0) {
		note(s, &err);
		return;
	}
	disks_measure(&mounts, settings->timeout_seconds, &s->arena);
	s->disks = arena_array(&s->arena, mounts.count, sizeof(*s->disks));
	for (size_t i = 0; i < mounts.count; i++)
		if (fill_disk(&s->disks[s->disk_count], &mounts.items[i], settings, s))
			s->disk_count++;
}

void host_collect(int proc_fd, const struct config_disks *settings, struct snapshot *snapshot)
{
	struct buf text AUTO_BUF = buf_new(FILE_LIMIT);

	if (read_source(proc_fd, "meminfo", &text, snapshot))
		collect_memory(buf_slice(&text), snapshot);
	if (read_source(proc_fd, "loadavg", &text, snapshot))
		collect_load(buf_slice(&text), snapshot);
	if (read_source(proc_fd, "uptime", &text, snapshot))
		collect_uptime(buf_slice(&text), snapshot);
	collect_boot_id(proc_fd, snapshot);
	if (read_source(proc_fd, "net/dev", &text, snapshot))
		collect_network(buf_slice(&text), snapshot);
	if (read_source(proc_fd, "vmstat", &text, snapshot))
		collect_oom_kills(buf_slice(&text), snapshot);
	if (read_source(proc_fd, "mounts", &text, snapshot))
		collect_disks(buf_slice(&text), settings, snapshot);
}
