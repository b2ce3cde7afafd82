/* Numbers as a person reads them; what is missing is n/a. */
#ifndef ASMO_RENDER_SHOW_H
#define ASMO_RENDER_SHOW_H

struct shown {
	char text[48];
};

struct shown show(double value, int decimals, const char *unit);        /* `15.3 %` */
struct shown show_change(double value, int decimals, const char *unit); /* `+0.3 GiB` */
struct shown show_mb(double mb);                                        /* `308.2 MiB`, `1.2 GiB` */

#endif
