#include "../support/unit.h"

#include <errno.h>
#include <string.h>

#include "host/proc.h"

static struct arena arena;

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* The mounts that are kept, as `device point type`, joined with "|". */
static const char *kept(struct slice text, const struct config_disks *settings)
{
	struct mounts mounts;
	struct err err;
	char *all = arena_string(&arena, "");

	if (mounts_parse(text, settings, &arena, &mounts, &err) < 0)
		return arena_printf(&arena, "error: %s", err.text);
	for (size_t i = 0; i < mounts.count; i++)
		all = arena_printf(&arena, "%s%s%s %s %s", all, i ? "|" : "", mounts.items[i].device,
			mounts.items[i].point, mounts.items[i].type);
	return all;
}

static const struct config_disks keep_all;

static const struct {
	const char *machine, *kept;
} machines[] = {
	/* The engine had a root of its own, an overlay, and bind mounts of one disk. */
	{"docker-20.10-cgroup1", "/dev/vda /run ext4"},
	{"docker-28.5-cgroup1", "/dev/vda /run ext4"},
	{"podman-4.3", "/dev/vda /run ext4"},
	/* A whole machine, with systemd; df.txt has these two among 18 lines of nothing. */
	{"docker-26.1-cgroup2", "/dev/vda / ext4|h /mnt/h 9p"},
};

static void of_the_recorded_machines_only_the_disks_are_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(machines); i++) {
		unit_case("%s", machines[i].machine);
		assert_text(kept(unit_fixture(&arena, "%s/proc/mounts", machines[i].machine), &keep_all),
			machines[i].kept);
	}
}

static const struct {
	const char *what, *text, *kept;
} tables[] = {
	{"one disk", "/dev/sda1 / ext4 rw,relatime 0 0\n", "/dev/sda1 / ext4"},
	{"no options", "/dev/sda1 / ext4", "/dev/sda1 / ext4"},
	{"several disks",
		"/dev/sda1 / ext4 rw 0 0\n/dev/sda2 /home xfs rw 0 0\n/dev/sdb1 /mnt/usb vfat rw 0 0\n",
		"/dev/sda1 / ext4|/dev/sda2 /home xfs|/dev/sdb1 /mnt/usb vfat"},

	/* one device, once, where it is nearest to the root */
	{"a bind mount", "/dev/sda1 / ext4 rw 0 0\n/dev/sda1 /srv/data ext4 rw 0 0\n", "/dev/sda1 / ext4"},
	{"a bind mount that comes first",
		"/dev/sda1 /srv/data ext4 rw 0 0\n/dev/sdb1 /x ext4 rw 0 0\n/dev/sda1 / ext4 rw 0 0\n",
		"/dev/sda1 / ext4|/dev/sdb1 /x ext4"},
	{"btrfs subvolumes",
		"/dev/sda2 / btrfs rw,subvol=/@ 0 0\n/dev/sda2 /home btrfs rw,subvol=/@home 0 0\n"
		"/dev/sda2 /var/log btrfs rw,subvol=/@log 0 0\n",
		"/dev/sda2 / btrfs"},
	{"a ZFS pool",
		"rpool/ROOT/debian / zfs rw 0 0\nrpool/home /home zfs rw 0 0\nrpool /rpool zfs rw 0 0\n",
		"rpool/ROOT/debian / zfs"},
	{"two ZFS pools",
		"rpool/ROOT / zfs rw 0 0\nrpool2/data /data zfs rw 0 0\nr /r zfs rw 0 0\nrpool2 /rpool2 zfs "
		"rw 0 0\n",
		"rpool/ROOT / zfs|rpool2/data /data zfs|r /r zfs"},
	{"folders of one name on no pool", "a/x /x ext4 rw 0 0\na/y /y ext4 rw 0 0\n",
		"a/x /x ext4|a/y /y ext4"},
	{"another type on one device name", "x /a fuse.a rw 0 0\nx /b fuse.b rw 0 0\n",
		"x /a fuse.a|x /b fuse.b"},

	/* the later mount hides the earlier */
	{"one over another", "/dev/sda1 /mnt ext4 rw 0 0\n/dev/sdb1 /mnt xfs rw 0 0\n", "/dev/sdb1 /mnt xfs"},
	{"a bind mount over a disk",
		"/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /mnt ext4 rw 0 0\n/dev/sda1 /mnt ext4 rw 0 0\n",
		"/dev/sda1 / ext4"},
	{"a bind mount over a disk that came first",
		"/dev/sdb1 /mnt ext4 rw 0 0\n/dev/sda1 / ext4 rw 0 0\n/dev/sda1 /mnt ext4 rw 0 0\n",
		"/dev/sda1 / ext4"},

	/* the network's */
	{"network shares",
		"nas:/export /mnt/nas nfs4 rw,vers=4.2 0 0\nnas:/other /mnt/other nfs rw 0 0\n"
		"//nas/share /mnt/share cifs rw 0 0\nme@host:/ /mnt/ssh fuse.sshfs rw 0 0\nmon:/ /mnt/ceph "
		"ceph rw 0 0\n",
		"nas:/export /mnt/nas nfs4|nas:/other /mnt/other nfs|//nas/share /mnt/share cifs|me@host:/ "
		"/mnt/ssh fuse.sshfs|"
		"mon:/ /mnt/ceph ceph"},
	{"a share that is mounted on demand",
		"systemd-1 /mnt/nas autofs rw 0 0\nnas:/x /mnt/nas nfs4 rw 0 0\n", "nas:/x /mnt/nas nfs4"},

	/* no data of its own */
	{"snaps and images",
		"/dev/loop0 /snap/core/1 squashfs ro 0 0\n/dev/sr0 /media/cd iso9660 ro 0 0\n"
		"/dev/loop1 /x erofs ro 0 0\n",
		""},
	{"overlays", "overlay / overlay rw 0 0\nnone /x aufs rw 0 0\n", ""},
	{"memory", "tmpfs /tmp tmpfs rw 0 0\nnone /r ramfs rw 0 0\nudev /dev devtmpfs rw 0 0\n", ""},
	{"desktops",
		"gvfsd-fuse /run/user/1/gvfs fuse.gvfsd-fuse rw 0 0\nportal /run/user/1/doc fuse.portal rw 0 "
		"0\n",
		""},
	{"below /dev, /proc, /sys",
		"x /dev ext4 rw 0 0\nx1 /dev/x ext4 rw 0 0\nx2 /proc/x ext4 rw 0 0\nx3 /sys/x ext4 rw 0 0\n",
		""},
	{"but not beside them", "x /devices ext4 rw 0 0\ny /system ext4 rw 0 0\n",
		"x /devices ext4|y /system ext4"},
	{"the engines' own",
		"x /var/lib/docker/overlay2/y/merged ext4 rw 0 0\ny /var/lib/containers/storage/overlay ext4 "
		"rw 0 0\n",
		""},
	{"but not the disk they are on", "x /var/lib/docker ext4 rw 0 0\ny /var/lib/containers ext4 rw 0 0\n",
		"x /var/lib/docker ext4|y /var/lib/containers ext4"},

	/* \040 and so on */
	{"a space", "/dev/sdb1 /mnt/my\\040disk vfat rw 0 0\n", "/dev/sdb1 /mnt/my disk vfat"},
	{"tab, line feed, backslash, hash", "/dev/sdb1 /a\\011b\\012c\\134d\\043e vfat rw 0 0\n",
		"/dev/sdb1 /a\tb\nc\\d#e vfat"},
	{"a Windows drive", "C:\\134 /mnt/c 9p rw 0 0\n", "C:\\ /mnt/c 9p"},
	{"an escaped backslash before digits", "x /a\\134040b ext4 rw 0 0\n", "x /a\\040b ext4"},
	{"no escapes", "x /a\\04 ext4 rw 0 0\ny /b\\400 ext4 rw 0 0\nz /c\\089\\ ext4 rw 0 0\n",
		"x /a\\04 ext4|y /b\\400 ext4|z /c\\089\\ ext4"},
	{"letters outside ASCII", "/dev/sdb1 /mnt/donn\303\251es vfat rw 0 0\n",
		"/dev/sdb1 /mnt/donn\303\251es vfat"},

	/* what is no table */
	{"nothing", "", "error: mounts: no line with a device, a mount point and a type"},
	{"short lines alone", "/dev/sda1\n\n/dev/sda1 /\n",
		"error: mounts: no line with a device, a mount point and a type"},
	{"a short line among others", "\nrubbish\n/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /mnt\n",
		"/dev/sda1 / ext4"},
	{"no disk at all", "proc /proc proc rw 0 0\n", ""},
};

static void each_disk_is_there_once_and_what_holds_no_data_is_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		unit_case("%s", tables[i].what);
		assert_text(kept(slice_of(tables[i].text), &keep_all), tables[i].kept);
	}
}

static char *const mount_patterns[] = {"/boot/efi", "/snap/*", "/mnt/disk[0-9]"};
static char *const type_patterns[] = {"nfs*", "vfat"};

static const struct {
	const char *what, *text, *kept;
} ignored[] = {
	{"a mount point", "a /boot/efi xfs rw 0 0\nb /boot xfs rw 0 0\n", "b /boot xfs"},
	{"mount points below another", "a /snap/x/1 xfs rw 0 0\nb /snap xfs rw 0 0\nc /x/snap/y xfs rw 0 0\n",
		"b /snap xfs|c /x/snap/y xfs"},
	{"a class of letters", "a /mnt/disk1 xfs rw 0 0\nb /mnt/disk xfs rw 0 0\nc /mnt/disk12 xfs rw 0 0\n",
		"b /mnt/disk xfs|c /mnt/disk12 xfs"},
	{"types",
		"a /a nfs rw 0 0\nb /b nfs4 rw 0 0\nc /c vfat rw 0 0\nd /d vfatx rw 0 0\ne /e cifs rw 0 0\n",
		"d /d vfatx|e /e cifs"},
	{"not the device", "/boot/efi /a xfs rw 0 0\n", "/boot/efi /a xfs"},
};

static void what_the_config_ignores_is_left_out(void **state)
{
	char *mounts[COUNT_OF(mount_patterns)], *types[COUNT_OF(type_patterns)];
	struct config_disks settings = {.ignore_mounts = {mounts, COUNT_OF(mounts)},
		.ignore_types = {types, COUNT_OF(types)}};

	(void)state;
	memcpy(mounts, mount_patterns, sizeof(mounts));
	memcpy(types, type_patterns, sizeof(types));
	for (size_t i = 0; i < COUNT_OF(ignored); i++) {
		unit_case("%s", ignored[i].what);
		assert_text(kept(slice_of(ignored[i].text), &settings), ignored[i].kept);
	}
}

/* One that is ignored does not stand in the way of its device's other mounts. */
static void a_device_is_kept_when_only_one_of_its_mounts_is_ignored(void **state)
{
	char pattern[] = "/boot", *patterns[] = {pattern};
	struct config_disks settings = {.ignore_mounts = {patterns, 1}};

	(void)state;
	assert_text(kept(slice_of("/dev/sda1 /boot ext4 rw 0 0\n/dev/sda1 /mnt/boot ext4 rw 0 0\n"),
			    &settings),
		"/dev/sda1 /mnt/boot ext4");
}

static void more_mounts_than_anybody_has_are_cut(void **state)
{
	struct buf text AUTO_BUF = buf_new(1024 * 1024);
	struct mounts mounts;
	struct err err;

	(void)state;
	for (int i = 0; i < 2000; i++)
		buf_printf(&text, "/dev/d%d /mnt/%d ext4 rw 0 0\n", i, i);
	assert_int_equal(mounts_parse(buf_slice(&text), &keep_all, &arena, &mounts, &err), 0);
	assert_in_range(mounts.count, 100, 1000);
	assert_text(mounts.items[mounts.count - 1].device,
		arena_printf(&arena, "/dev/d%zu", mounts.count - 1));
}

#define TEST(name) cmocka_unit_test_teardown(name, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(of_the_recorded_machines_only_the_disks_are_kept),
		TEST(each_disk_is_there_once_and_what_holds_no_data_is_not),
		TEST(what_the_config_ignores_is_left_out),
		TEST(a_device_is_kept_when_only_one_of_its_mounts_is_ignored),
		TEST(more_mounts_than_anybody_has_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
