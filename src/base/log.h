/* What the program says while it runs: lines on stderr, each also handed to the listener (the
 * journal, the Log view). Secrets that were registered never appear. One of the few globals. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/buffer.h"

enum log_severity { LOG_INFO, LOG_WARNING, LOG_ERROR, LOG_ALARM };

void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* With the terminal's bell. */
void log_alarm(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Called, under a lock, with every line without its newline. NULL takes the listener away. */
void log_set_listener(void (*listener)(void *context, enum log_severity, const char *line),
                      void *context);
/* Where a progress line stands on stderr, it is wiped before a message and drawn again by the next
 * progress. Only for a terminal. */
void log_progress(const char *line);
void log_progress_end(void);

/* ---- secrets ---- */

/* Registers a value (an API key, a header's value) that must reach no file and no screen. */
void secret_add(const char *value);
void secret_forget_all(void);
/* Replaces every registered value in place by as many '*', so that lengths stay. */
void redact(char *data, size_t size);

#endif
