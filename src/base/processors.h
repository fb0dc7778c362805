/* How many threads can run at once. */
#ifndef BASE_PROCESSORS_H
#define BASE_PROCESSORS_H

#include <stdint.h>

/* Processors that this process may use: what taskset and containers leave of the machine's. At
 * least 1. */
uint32_t processors_usable(void);

#endif
