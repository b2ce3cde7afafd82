#ifndef ASMO_TESTS_FUZZ_HTML_H
#define ASMO_TESTS_FUZZ_HTML_H

#include "asmo/mem.h"

/* A whole page in which text is text: elements of asmo's own, nested rightly, attributes in quotes, nothing
 * that runs or loads but the one style and the one script. */
void html_check(struct slice page);

#endif
