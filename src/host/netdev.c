#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "asmo/text.h"
#include "host/proc.h"

/* Interfaces whose bytes pass another one as well, or never leave the machine. A dot is a VLAN. */
static const char *const not_a_card[] = {
	"lo",
	"veth*",
	"docker*",
	"br-*",
	"br[0-9]*",
	"virbr*",
	"vnet*",
	"tap*",
	"tun*",
	"wg*",
	"tailscale*",
	"zt*",
	"cni*",
	"podman*",
	"flannel*",
	"cali*",
	"lxc*",
	"lxdbr*",
	"bond*",
	"macvlan*",
	"macvtap*",
	"vxlan*",
	"vmbr*",
	"fwbr*",
	"fwpr*",
	"fwln*",
	"ovs-*",
	"cilium_*",
	"kube-*",
	"ppp*",
	"gre*",
	"team*",
	"dummy*",
	"ifb*",
	"sit*",
	"ip6tnl*",
	"*.*",
	NULL,
};

static bool is_card(struct slice name)
{
	char text[64];

	if (!name.len || name.len >= sizeof(text))
		return false;
	memcpy(text, name.data, name.len);
	text[name.len] = '\0';
	for (const char *const *pattern = not_a_card; *pattern; pattern++)
		if (fnmatch(*pattern, text, 0) == 0)
			return false;
	return true;
}

static int refuse(struct slice name, struct err *err)
{
	struct buf shown AUTO_BUF = buf_new(64);

	text_clean(&shown, name, shown.limit);
	return err_set(err, EBADMSG, "net/dev: nine numbers were expected after %s:", shown.data);
}

/* Two lines of titles, then `  eth0:  bytes packets errs drop fifo frame compressed multicast  bytes ...`.
 * Old kernels leave no space behind the colon. */
int netdev_parse(struct slice text, struct network *ret, struct err *err)
{
	enum { RX_BYTES = 0, TX_BYTES = 8 };
	struct network sum = {0};
	struct slice line, field;
	size_t lines = 0;

	while (proc_next_line(&text, &line)) {
		const char *colon = memchr(line.data, ':', line.len);
		struct slice name, left;
		double values[TX_BYTES + 1];

		if (!colon)
			continue; /* titles */
		left = (struct slice){line.data, (size_t)(colon - line.data)};
		line = (struct slice){colon + 1, line.len - left.len - 1};
		lines++;
		if (!proc_next_field(&left, &name) || !is_card(name))
			continue;
		for (int i = 0; i <= TX_BYTES; i++)
			if (!proc_next_field(&line, &field) || !proc_number(field, &values[i]))
				return refuse(name, err);
		sum.rx_bytes += values[RX_BYTES];
		sum.tx_bytes += values[TX_BYTES];
	}
	if (!lines)
		return err_set(err, EBADMSG, "net/dev: no interface in it");
	*ret = sum;
	return 0;
}
