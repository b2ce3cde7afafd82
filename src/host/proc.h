/* The parsers of the files under /proc: pure, from bytes to values. Formats: proc(5).
 *
 * All return 0, or -1 with what was expected. Columns and lines that are not known are passed over.
 */
#ifndef ASMO_HOST_PROC_H
#define ASMO_HOST_PROC_H

#include <sys/statvfs.h>

#include "asmo/host.h"

struct memory {
	double total_kb, available_kb, swap_total_kb, swap_free_kb;
};

struct network {
	double rx_bytes, tx_bytes;
};

struct mount {
	char *device;
	char *point;
	char *type;
	/* from disks_measure: */
	int code; /* 0, or the errno value for which `space` is not known; ETIMEDOUT: no answer in time */
	struct statvfs space;
};

struct mounts {
	struct mount *items;
	size_t count;
};

int stat_parse(struct slice text, struct cpu_ticks *ret, struct err *err);
int meminfo_parse(struct slice text, struct memory *ret, struct err *err);
int loadavg_parse(struct slice text, double ret[3], struct err *err);
int uptime_parse(struct slice text, double *ret_seconds, struct err *err);
int vmstat_parse(struct slice text, double *ret_oom_kills, struct err *err);

/* The sum over the machine's own network cards: without loopback and without the virtual interfaces whose
 * traffic passes a card as well. */
int netdev_parse(struct slice text, struct network *ret, struct err *err);

/* The mounted file systems that hold data of their own, each once: no pseudo file systems, no second mount
 * of the same device (bind mounts, btrfs subvolumes) or ZFS pool. Made in `arena`. */
int mounts_parse(struct slice text, const struct config_disks *settings, struct arena *arena,
	struct mounts *ret, struct err *err);

/* Asks every mount for its size, all at once, each in a process of its own: one on a dead server would block
 * for ever and could not be given up otherwise. */
void disks_measure(struct mounts *mounts, double timeout_seconds, struct arena *arena);

/* A cursor over lines and fields, shared by the parsers. Each call takes one and returns false at the end. */
bool proc_next_line(struct slice *text, struct slice *ret_line);
bool proc_next_field(struct slice *line, struct slice *ret_field);
/* A non-negative decimal number that is the whole field. */
bool proc_number(struct slice field, double *ret);
bool proc_is(struct slice field, const char *word);

#endif
