/* What holds of the errors that were found in any log. */
#ifndef ASMO_TESTS_FUZZ_LOGS_H
#define ASMO_TESTS_FUZZ_LOGS_H

#include "docker/answers.h"

/* logs_parse with the shipped patterns and a window that takes in all times. */
int logs_read(struct slice bytes, bool is_tty, struct arena *arena, struct container *c, struct err *err);

void logs_check(const struct container *c, int result, const struct err *err);

#endif
