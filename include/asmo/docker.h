/* The container engine (Docker, or Podman's Docker-compatible API): what it says of its containers.
 *
 *	docker_begin, then the sampling window, then docker_finish.
 *
 * Requests: /_ping (which version to speak), the list, then for all containers at once inspect, logs and, for
 * those that run or are paused, the statistics; after the window the statistics again. Engines older than
 * Docker 25 take a second for the statistics, but give both readings in one answer: then docker_begin has
 * been the window.
 *
 * Each step (the ping, the list, the answers of all containers, reading them, the second statistics) takes at
 * most docker.timeout_seconds, that of the old engines' statistics twice as long; all steps together take at
 * most three times docker.timeout_seconds.
 */
#ifndef ASMO_DOCKER_H
#define ASMO_DOCKER_H

#include "asmo/config.h"
#include "asmo/snapshot.h"

struct docker;

/* Fills `docker`, `containers` and their numbers in the snapshot, except for the CPU of the running ones.
 * Returns NULL, with the reason in snapshot->docker.error, when the engine did not answer; otherwise what
 * docker_finish takes. The snapshot has its time and the machine's uptime already; each log is read on from
 * where `before`, the last snapshot in which an engine answered, says that it was read (NULL: there is none).
 */
struct docker *docker_begin(const struct config_docker *settings, const char *host,
	const struct snapshot *before, struct snapshot *snapshot);

/* Takes the second reading where it is wanting, fills in CPU, memory and network of the running containers,
 * and ends the conversation. `docker` may be NULL. */
void docker_finish(struct docker *docker, struct snapshot *snapshot);

#endif
