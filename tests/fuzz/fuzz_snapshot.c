/* One entry of a history: what was read is written, and read again it says the same. */
#include <math.h>
#include <string.h>

#include "asmo/snapshot.h"
#include "fuzz.h"

enum { LIMIT = 16 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf written[2];
	struct snapshot s;
	struct err err = {0};

	snapshot_init(&s);
	if (snapshot_read(&s, fuzz_slice(data, size), &err) < 0) {
		fuzz_check_error(&err);
		snapshot_release(&s);
		return 0;
	}
	HOLDS(isfinite(s.epoch));
	for (int i = 0; i < 2; i++) {
		written[i] = buf_new(LIMIT);
		record_write(&written[i], &snapshot_record, &s);
		HOLDS(!written[i].overflow && fuzz_is_utf8(buf_slice(&written[i])));
		HOLDS(fuzz_is_object(buf_slice(&written[i])));
		HOLDS(snapshot_read(&s, buf_slice(&written[i]), &err) == 0);
	}
	buf_clear(&written[0]);
	record_write(&written[0], &snapshot_record, &s);
	HOLDS(strcmp(written[0].data, written[1].data) == 0);
	buf_release(&written[0]);
	buf_release(&written[1]);
	snapshot_release(&s);
	return 0;
}
