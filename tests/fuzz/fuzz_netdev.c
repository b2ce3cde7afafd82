/* /proc/net/dev */
#include <math.h>

#include "fuzz.h"
#include "host/proc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char loopback[] = "    lo: 4096 1 0 0 0 0 0 0 8192 1 0 0 0 0 0 0\n";
	static const char card[] = "\n  eth9: 4096 1 0 0 0 0 0 0 8192 1 0 0 0 0 0 0\n";
	const double exact = 1e15; /* below that a sum of whole numbers is */
	struct slice text = fuzz_slice(data, size), longer = fuzz_join(loopback, text, card);
	struct network network = {-1, -1}, more = {-1, -1};
	struct err err = {0};

	if (netdev_parse(text, &network, &err) < 0) {
		fuzz_check_error(&err);
		HOLDS(network.rx_bytes < 0 && network.tx_bytes < 0);
	} else {
		HOLDS(network.rx_bytes >= 0 && isfinite(network.rx_bytes));
		HOLDS(network.tx_bytes >= 0 && isfinite(network.tx_bytes));
		/* One more card adds what passed it, and loopback nothing. */
		HOLDS(netdev_parse(longer, &more, &err) == 0);
		if (network.rx_bytes < exact && network.tx_bytes < exact &&
			!(fmod(network.rx_bytes, 1) > 0 || fmod(network.tx_bytes, 1) > 0))
			HOLDS(fuzz_is_same(more.rx_bytes - network.rx_bytes, 4096) &&
				fuzz_is_same(more.tx_bytes - network.tx_bytes, 8192));
	}
	fuzz_free(longer);
	return 0;
}
