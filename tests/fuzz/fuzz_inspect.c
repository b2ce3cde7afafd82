/* GET /containers/ID/json */
#include <math.h>
#include <string.h>

#include "docker/answers.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { WORD_MAX = 40 };
	struct inspection inspection = {false, false};
	struct container c, untouched;
	struct arena arena = {0};
	struct err err = {0};

	record_init(&container_record, &c);
	c.state = arena_string(&arena, "of the list");
	untouched = c;
	if (inspect_parse(fuzz_slice(data, size), &arena, &c, &inspection, &err) < 0) {
		fuzz_check_error(&err);
		HOLDS(c.state == untouched.state && !c.health && isnan(c.restarts) && isnan(c.exit_code));
		HOLDS(!inspection.is_tty && !inspection.has_network);
	} else {
		HOLDS(c.state[0] && fuzz_is_clean(c.state, WORD_MAX));
		HOLDS(!c.health || (c.health[0] && fuzz_is_clean(c.health, WORD_MAX)));
		HOLDS(!c.started_at ||
			(fuzz_is_clean(c.started_at, WORD_MAX) && strncmp(c.started_at, "0001-", 5) != 0));
		HOLDS(!c.finished_at ||
			(fuzz_is_clean(c.finished_at, WORD_MAX) && strncmp(c.finished_at, "0001-", 5) != 0));
		HOLDS(c.oom_killed >= FLAG_UNKNOWN && c.oom_killed <= FLAG_YES);
	}
	arena_release(&arena);
	return 0;
}
