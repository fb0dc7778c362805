#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/console.h"
#include "base/memory.h"
#include "base/visible.h"

/* To the line's begin, and nothing of it stays. */
#define WIPE "\r\033[K"

static struct {
    pthread_mutex_t lock;
    void (*listener)(void *context, enum log_severity, const char *line);
    void *context;
    bool progress_shown;
    struct text *secrets;
    size_t secret_count;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void say(enum log_severity severity, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void say(enum log_severity severity, const char *format, va_list args)
{
    static const char *const prefix[] = {[LOG_INFO] = "",
                                         [LOG_WARNING] = "warning: ",
                                         [LOG_ERROR] = "error: ",
                                         [LOG_ALARM] = "alarm "};
    char *line;
    if (vasprintf(&line, format, args) < 0)
        die("out of memory (while formatting a message)");
    redact(line, strlen(line));
    const char *bell = severity == LOG_ALARM && isatty(STDERR_FILENO) ? "\a" : "";
    struct buffer shown = {0};

    pthread_mutex_lock(&state.lock);
    if (state.progress_shown)
        buffer_add_string(&shown, WIPE);
    state.progress_shown = false;
    buffer_printf(&shown, "%s%s", bell, prefix[severity]);
    text_add_visible(&shown, text_of(line));
    buffer_add_char(&shown, '\n');
    console_say(buffer_text(&shown));
    if (state.listener)
        state.listener(state.context, severity, line);
    pthread_mutex_unlock(&state.lock);
    buffer_free(&shown);
    free(line);
}

void log_info(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(LOG_INFO, format, args);
    va_end(args);
}

void log_warning(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(LOG_WARNING, format, args);
    va_end(args);
}

void log_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(LOG_ERROR, format, args);
    va_end(args);
}

void log_alarm(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(LOG_ALARM, format, args);
    va_end(args);
}

void log_set_listener(void (*listener)(void *context, enum log_severity, const char *line),
                      void *context)
{
    pthread_mutex_lock(&state.lock);
    state.listener = listener;
    state.context = context;
    pthread_mutex_unlock(&state.lock);
}

/* A line that wraps could not be wiped again: it is cut where the terminal ends. */
static int fitting_bytes(const char *line)
{
    struct winsize size = {0};
    struct text rest = text_of(line);
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return (int)rest.size;
    for (int column = 1; column < size.ws_col && rest.size; column++) {
        size_t length = utf8_length(rest) ? utf8_length(rest) : 1;
        rest = (struct text){rest.data + length, rest.size - length};
    }
    return (int)(rest.data - line);
}

void log_progress(const char *line)
{
    struct buffer shown = {0};
    buffer_printf(&shown, WIPE "%.*s", fitting_bytes(line), line);
    pthread_mutex_lock(&state.lock);
    console_say(buffer_text(&shown));
    state.progress_shown = true;
    pthread_mutex_unlock(&state.lock);
    buffer_free(&shown);
}

void log_progress_end(void)
{
    pthread_mutex_lock(&state.lock);
    if (state.progress_shown)
        console_say(TEXT(WIPE));
    state.progress_shown = false;
    pthread_mutex_unlock(&state.lock);
}

void secret_add(const char *value)
{
    /* A value this short would blot out ordinary words. */
    if (!value || strlen(value) < 4)
        return;
    struct text secret = text_of(xstrdup(value));
    state.secrets = xreallocarray(state.secrets, state.secret_count + 1, sizeof *state.secrets);
    /* Longest first: a secret that holds another one must not lose its middle before its turn. */
    size_t at = state.secret_count++;
    for (; at && state.secrets[at - 1].size < secret.size; at--)
        state.secrets[at] = state.secrets[at - 1];
    state.secrets[at] = secret;
}

void secret_forget_all(void)
{
    for (size_t i = 0; i < state.secret_count; i++)
        free((char *)(uintptr_t)state.secrets[i].data);
    free(state.secrets);
    state.secrets = NULL;
    state.secret_count = 0;
}

void redact(char *data, size_t size)
{
    for (size_t i = 0; size && i < state.secret_count; i++) {
        struct text secret = state.secrets[i];
        char *end = data + size;
        for (char *at = data; (at = memmem(at, (size_t)(end - at), secret.data, secret.size));
             at += secret.size)
            memset(at, '*', secret.size);
    }
}
