/* Connections that are open before a round begins. */

#ifndef CLIENT_CONNECTIONS_H
#define CLIENT_CONNECTIONS_H

#include "client/worker.h"

/* Called in each turn of the loop while the work is to open them; drains the worker when all are.
 */
void connections_open(struct worker *worker, uint64_t now);

#endif
