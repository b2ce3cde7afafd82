/* /proc/mounts */
#include <string.h>

#include "fuzz.h"
#include "host/proc.h"

static bool is_same_device(const struct mount *a, const struct mount *b)
{
	return strcmp(a->type, b->type) == 0 && strcmp(a->device, b->device) == 0;
}

static void check(const struct mounts *mounts)
{
	for (size_t i = 0; i < mounts->count; i++) {
		const struct mount *m = &mounts->items[i];

		HOLDS(m->device && m->point && m->type && m->code == 0);
		HOLDS(strcmp(m->type, "proc") != 0 && strcmp(m->type, "tmpfs") != 0 &&
			strcmp(m->type, "secret") != 0);
		HOLDS(strncmp(m->point, "/proc/", 6) != 0 && strncmp(m->point, "/left/", 6) != 0);
		for (size_t k = 0; k < i; k++) {
			HOLDS(strcmp(m->point, mounts->items[k].point) != 0);
			HOLDS(!is_same_device(m, &mounts->items[k]));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *types[] = {"secret"}, *points[] = {"/left/*"};
	static const char disk[] = "\n/dev/one-more /one-more ext4 rw 0 0\n";
	struct config_disks settings = {.ignore_types = {types, 1}, .ignore_mounts = {points, 1}};
	struct slice text = fuzz_slice(data, size),
		     longer = fuzz_join("proc /proc proc rw 0 0\n", text, disk);
	struct mounts mounts = {0}, more = {0};
	struct arena arena = {0};
	struct err err = {0};
	int result = mounts_parse(text, &settings, &arena, &mounts, &err);

	if (result < 0)
		fuzz_check_error(&err);
	check(&mounts);
	HOLDS(mounts_parse(longer, &settings, &arena, &more, &err) == 0);
	check(&more);
	/* One more disk is one more, up to the limit. */
	if (mounts.count < 256 && !memmem(data, size, "one", 3) && !memmem(data, size, "\\", 1))
		HOLDS(more.count == mounts.count + 1);
	fuzz_free(longer);
	arena_release(&arena);
	return 0;
}
