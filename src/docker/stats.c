#include <errno.h>
#include <string.h>

#include "asmo/clock.h"
#include "base/json.h"
#include "docker/answers.h"

static double time_of(const cJSON *answer, const char *name)
{
	const char *text = json_string(answer, name);

	return text ? clock_parse(text, strlen(text)) : MISSING;
}

static double cpu_seconds(const cJSON *answer, const char *name)
{
	return json_number(json_object(json_object(answer, name), "cpu_usage"), "total_usage") / 1e9;
}

/* As `docker stats`: without the page cache that the kernel would drop first (total_inactive_file with cgroup
 * v1, inactive_file with v2). Podman has no such figure. A running container uses some memory, so 0 says that
 * the kernel does not count it. */
static double memory_of(const cJSON *memory)
{
	const cJSON *details = json_object(memory, "stats");
	double usage = json_number(memory, "usage"), cache = json_number(details, "total_inactive_file");

	if (isnan(cache))
		cache = json_number(details, "inactive_file");
	if (!(usage > 0))
		return MISSING;
	return cache > 0 && cache < usage ? usage - cache : usage;
}

/* No `networks`: the container uses the host's network, or another container's, or none. */
static void sum_networks(const cJSON *networks, struct stats *stats)
{
	const cJSON *network;

	if (!networks || !networks->child)
		return;
	stats->rx_bytes = stats->tx_bytes = 0;
	cJSON_ArrayForEach(network, networks)
	{
		stats->rx_bytes += json_number(network, "rx_bytes");
		stats->tx_bytes += json_number(network, "tx_bytes");
	}
}

int stats_parse(struct slice json, struct stats *ret, struct err *err)
{
	struct stats stats = {MISSING, MISSING, MISSING, MISSING, MISSING, MISSING, MISSING, MISSING};
	cJSON *answer AUTO_JSON = NULL;
	const cJSON *memory;

	if (!json.len) { /* Podman, of a container that has stopped meanwhile */
		*ret = stats;
		return 0;
	}
	answer = json_parse(json, err);
	if (!answer)
		return -1;
	memory = json_object(answer, "memory_stats");
	if (!cJSON_IsObject(answer))
		return err_set(err, EBADMSG, "expected an object, found %s", json_type_name(answer));
	stats.read_epoch = time_of(answer, "read");
	if (!isnan(stats.read_epoch)) {
		stats.cpu_seconds = cpu_seconds(answer, "cpu_stats");
		stats.before_read_epoch = time_of(answer, "preread");
		stats.before_cpu_seconds = cpu_seconds(answer, "precpu_stats");
		stats.mem_bytes = memory_of(memory);
		stats.mem_limit_bytes = json_number(memory, "limit");
		sum_networks(json_object(answer, "networks"), &stats);
	}
	*ret = stats;
	return 0;
}

double stats_cpu_percent(double before_epoch, double before_seconds, double after_epoch, double after_seconds)
{
	double time = after_epoch - before_epoch, used = after_seconds - before_seconds;

	return time > 0 && used >= 0 ? used / time * 100 : MISSING;
}
