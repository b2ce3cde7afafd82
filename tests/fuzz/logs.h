/* What holds of the errors that were found in any log. */
#ifndef ASMO_TESTS_FUZZ_LOGS_H
#define ASMO_TESTS_FUZZ_LOGS_H

#include "docker/answers.h"

/* The shipped patterns, compiled once. */
const struct log_filter *logs_filter(void);

void logs_check(const struct container *c, int result, const struct err *err);

#endif
