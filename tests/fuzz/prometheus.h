#ifndef ASMO_TESTS_FUZZ_PROMETHEUS_H
#define ASMO_TESTS_FUZZ_PROMETHEUS_H

#include "asmo/mem.h"

/* Prometheus' text format as its strictest reader wants it: HELP, TYPE and then the samples of a metric, each
 * metric once, each set of labels once, nothing but numbers, no times. Source: Prometheus' documentation,
 * "Exposition formats". */
void prometheus_check(struct slice text);

#endif
