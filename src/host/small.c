/* The files under /proc that are a line or two. */
#include <errno.h>

#include "host/proc.h"

/* `0.26 0.31 0.14 1/118 3267` */
int loadavg_parse(struct slice text, double ret[3], struct err *err)
{
	double load[3];
	struct slice field;

	for (int i = 0; i < 3; i++)
		if (!proc_next_field(&text, &field) || !proc_number(field, &load[i]))
			return err_set(err, EBADMSG, "loadavg: three numbers were expected");
	for (int i = 0; i < 3; i++)
		ret[i] = load[i];
	return 0;
}

/* `319.47 45.07`: since boot, idle */
int uptime_parse(struct slice text, double *ret_seconds, struct err *err)
{
	struct slice line, field;

	if (!proc_next_line(&text, &line) || !proc_next_field(&line, &field) ||
		!proc_number(field, ret_seconds))
		return err_set(err, EBADMSG, "uptime: a number of seconds was expected");
	return 0;
}

/* `oom_kill 1`, since Linux 4.13 */
int vmstat_parse(struct slice text, double *ret_oom_kills, struct err *err)
{
	struct slice line, name, field;

	while (proc_next_line(&text, &line)) {
		if (!proc_next_field(&line, &name) || !proc_is(name, "oom_kill"))
			continue;
		if (proc_next_field(&line, &field) && proc_number(field, ret_oom_kills))
			return 0;
		break;
	}
	return err_set(err, EBADMSG, "vmstat: no line oom_kill with a number");
}
