#include "send/retry.h"

#include <errno.h>
#include <math.h>

#include "base/json.h"

enum { TIMEOUT = 408, TOO_MANY = 429, UNAVAILABLE = 503 };

static const double first_seconds = 0.5, most_seconds = 8;

enum fate retry_fate(int code, long status)
{
	if (status >= 200 && status < 300)
		return FATE_DELIVERED;
	if (status == TIMEOUT || status == TOO_MANY || status >= 500)
		return FATE_AGAIN;
	if (status)
		return FATE_REFUSED;
	return code == EKEYREJECTED || code == EINVAL ? FATE_REFUSED : FATE_AGAIN;
}

/* `{"message": "You are being rate limited.", "retry_after": 0.5, "global": false}` */
static double asked_for(double header_seconds, struct slice answer)
{
	struct err ignored;
	cJSON *json AUTO_JSON = json_parse(answer, &ignored);
	double seconds = json ? json_number(json, "retry_after") : (double)NAN;

	return seconds > 0 && isfinite(seconds) ? seconds : header_seconds;
}

double retry_delay(unsigned attempts, long status, double retry_after_header_seconds, struct slice answer)
{
	double delay = first_seconds;

	for (; attempts > 1 && delay < most_seconds; attempts--)
		delay *= 2;
	if (status == TOO_MANY || status == UNAVAILABLE)
		delay = fmax(delay, asked_for(retry_after_header_seconds, answer));
	return delay;
}
