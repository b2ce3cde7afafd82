/* Least privilege: what a program gives up, for good and for its children too, before it reads what others
 * wrote.
 */
#ifndef ASMO_CONFINE_H
#define ASMO_CONFINE_H

#include "asmo/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Gives up, as far as the kernel can do it (Landlock): every write outside the folders that the `files` lie
 * in, with what is below them; starting any other program; listening on a TCP port, and connecting to one
 * unless `may_connect`; signals to processes that are not its children, and their abstract sockets. Reading,
 * and connecting to a unix socket that is a file, stay allowed; so does what is open already.
 *
 * A symbolic link counts for what it points to, whether that is there or not. What is there and is no file (a
 * device, a pipe) is allowed itself, not its folder. A folder that is not there can't be allowed: make it
 * before. Core dumps and gaining privileges are given up in any case. Errors: ENOSYS, EOPNOTSUPP when the
 * kernel has no Landlock or does not use it. Nothing of it is in force then.
 */
int confine(const char *const *files, size_t count, bool may_connect, struct err *err);

#endif
