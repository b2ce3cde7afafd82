#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "asmo/text.h"
#include "host/proc.h"

enum { MOUNTS_MAX = 256 };

/* File systems without data of their own: node_exporter's list, and what only shows another's. */
static const char *const pseudo_types[] = {
	"autofs",
	"binfmt_misc",
	"bpf",
	"cgroup",
	"cgroup2",
	"configfs",
	"debugfs",
	"devpts",
	"devtmpfs",
	"efivarfs",
	"fusectl",
	"fuse.gvfsd-fuse",
	"fuse.lxcfs",
	"fuse.portal",
	"fuse.snapfuse",
	"fuse.squashfuse",
	"hugetlbfs",
	"iso9660",
	"mqueue",
	"nsfs",
	"overlay",
	"aufs",
	"proc",
	"pstore",
	"ramfs",
	"rootfs",
	"rpc_pipefs",
	"securityfs",
	"selinuxfs",
	"squashfs",
	"erofs",
	"sysfs",
	"tmpfs",
	"tracefs",
	NULL,
};
static const char *const system_mounts[] = {
	"/dev",
	"/dev/*",
	"/proc",
	"/proc/*",
	"/sys",
	"/sys/*",
	"/run/credentials/*",
	"/var/lib/docker/*",
	"/var/lib/containers/storage/*",
	NULL,
};

static bool matches(const char *const *patterns, const char *text)
{
	for (; *patterns; patterns++)
		if (fnmatch(*patterns, text, 0) == 0)
			return true;
	return false;
}

static bool matches_list(const struct strings *patterns, const char *text)
{
	for (size_t i = 0; i < patterns->count; i++)
		if (fnmatch(patterns->items[i], text, 0) == 0)
			return true;
	return false;
}

/* The kernel writes space, tab, line feed and backslash as \040 and so on. */
static char *unescape(struct slice field, struct arena *arena)
{
	char *out = arena_alloc(arena, field.len + 1), *p = out;

	for (size_t i = 0; i < field.len; i++) {
		const char *c = field.data + i;

		if (*c == '\\' && i + 3 < field.len && c[1] >= '0' && c[1] <= '3' && c[2] >= '0' &&
			c[2] <= '7' && c[3] >= '0' && c[3] <= '7') {
			*p++ = (char)((c[1] - '0') * 64 + (c[2] - '0') * 8 + (c[3] - '0'));
			i += 3;
		} else {
			*p++ = *c;
		}
	}
	return out;
}

/* All data sets of a ZFS pool share its space: the pool stands for them. */
static size_t source_length(const struct mount *m)
{
	return strcmp(m->type, "zfs") == 0 ? strcspn(m->device, "/") : strlen(m->device);
}

static bool is_same_source(const struct mount *a, const struct mount *b)
{
	size_t len = source_length(a);

	return strcmp(a->type, b->type) == 0 && len == source_length(b) &&
	       memcmp(a->device, b->device, len) == 0;
}

static void take_out(struct mounts *mounts, size_t index)
{
	mounts->count--;
	memmove(&mounts->items[index], &mounts->items[index + 1],
		(mounts->count - index) * sizeof(*mounts->items));
}

/* Of two mounts at one point the later hides the earlier; of several of one device the one nearest to the
 * root stands for it. */
static void add(struct mounts *mounts, struct mount mount)
{
	for (size_t i = mounts->count; i-- > 0;)
		if (strcmp(mounts->items[i].point, mount.point) == 0)
			take_out(mounts, i);
	for (size_t i = 0; i < mounts->count; i++) {
		if (!is_same_source(&mounts->items[i], &mount))
			continue;
		if (strlen(mount.point) < strlen(mounts->items[i].point))
			mounts->items[i] = mount;
		return;
	}
	if (mounts->count < MOUNTS_MAX)
		mounts->items[mounts->count++] = mount;
}

/* `/dev/vda / ext4 rw,relatime 0 0` */
int mounts_parse(struct slice text, const struct config_disks *settings, struct arena *arena,
	struct mounts *ret, struct err *err)
{
	struct mounts mounts = {.items = arena_array(arena, MOUNTS_MAX, sizeof(struct mount))};
	struct slice line, device, point, type;
	bool any = false;

	while (proc_next_line(&text, &line)) {
		struct mount mount;

		if (!proc_next_field(&line, &device) || !proc_next_field(&line, &point) ||
			!proc_next_field(&line, &type))
			continue;
		any = true;
		mount = (struct mount){.device = unescape(device, arena),
			.point = unescape(point, arena),
			.type = unescape(type, arena)};
		if (matches(pseudo_types, mount.type) || matches(system_mounts, mount.point) ||
			matches_list(&settings->ignore_types, mount.type) ||
			matches_list(&settings->ignore_mounts, mount.point))
			continue;
		add(&mounts, mount);
	}
	if (!any)
		return err_set(err, EBADMSG, "mounts: no line with a device, a mount point and a type");
	*ret = mounts;
	return 0;
}
