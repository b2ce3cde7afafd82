/* The host, as the kernel tells it under /proc. The proc directory is a descriptor, so that a copied one
 * serves as well as the real one.
 */
#ifndef ASMO_HOST_H
#define ASMO_HOST_H

#include "asmo/config.h"
#include "asmo/err.h"
#include "asmo/snapshot.h"

/* Counters since boot, in ticks: sums over the cores. */
struct cpu_ticks {
	double busy;
	double total;
	double cpus;
};

/* One reading; two of them bracket the sampling window. */
int host_cpu_read(int proc_fd, struct cpu_ticks *ret_ticks, struct err *err);

/* Percent of all cores that was busy between two readings; MISSING if time stood still. */
double host_cpu_percent(const struct cpu_ticks *before, const struct cpu_ticks *after);

/* The readings into the snapshot: the percentage between the two, and the counters of the later one. */
void host_cpu_fill(const struct cpu_ticks *before, const struct cpu_ticks *after, struct snapshot *snapshot);

/* Fills memory, swap, load, uptime, the boot's id, network, OOM kills and disks. What can't be read stays
 * missing and is named in `problems`. Takes at most disks.timeout_seconds and a little.
 */
void host_collect(int proc_fd, const struct config_disks *settings, struct snapshot *snapshot);

#endif
