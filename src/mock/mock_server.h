/* The built-in server: speaks OpenAI's API, keeps a prefix cache as an engine does, and paces
 * thousands of streams from one thread. */
#ifndef MOCK_MOCK_SERVER_H
#define MOCK_MOCK_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "mock/knobs.h"

struct mock_server;

/* Binds, listens and starts the serving thread. `knobs` is copied, its strings are not. NULL on
 * failure ("cannot listen on 127.0.0.1:8765: address already in use; try --mock-port 0"). */
struct mock_server *mock_server_start(const struct mock_knobs *knobs, struct error *error);
uint16_t mock_server_port(const struct mock_server *server);
/* "http://127.0.0.1:8765", "http://[::1]:8765"; freed by the caller. */
char *mock_server_url(const struct mock_server *server);
/* Closes all connections, joins the thread, frees. */
void mock_server_stop(struct mock_server *server);

#endif
