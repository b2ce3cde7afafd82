/* A history as a reader sees it, for the targets that have one. */
#ifndef ASMO_TESTS_FUZZ_HISTORY_H
#define ASMO_TESTS_FUZZ_HISTORY_H

#include "fuzz.h"

#include "asmo/buf.h"

/* Reads all entries of the file and checks that each is a whole object with a time, and that they stand in
 * the file in that order. Each is added to `lines` without white space around its values, as a line. Returns
 * how many. */
size_t history_entries(struct slice file, bool *ret_is_damaged, struct buf *lines);

/* `{"timestamp":"2026-01-11T10:00:00","epoch":1768125600.000}` */
void history_add_entry(struct buf *out, double epoch, size_t filling);

#endif
