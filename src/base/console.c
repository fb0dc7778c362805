#include "base/console.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/outlet.h"

#define MOST_SAID_BYTES (64u << 10)

static struct {
    pthread_mutex_t lock;
    bool begun;
    struct outlet print, say;
    struct outlet *to_stderr; /* `print` where both are the same */
    size_t said_bytes;        /* since it was empty */
    uint64_t left_out;        /* messages */
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool are_the_same(int one, int other)
{
    struct stat a, b;
    return fstat(one, &a) == 0 && fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

void console_begin(void)
{
    fflush(stdout);
    pthread_mutex_lock(&state.lock);
    if (!state.begun) {
        outlet_open(&state.print, STDOUT_FILENO);
        outlet_open(&state.say, STDERR_FILENO);
        state.to_stderr = are_the_same(STDOUT_FILENO, STDERR_FILENO) ? &state.print : &state.say;
        state.said_bytes = state.left_out = 0;
        state.begun = true;
    }
    pthread_mutex_unlock(&state.lock);
}

void console_end(void)
{
    pthread_mutex_lock(&state.lock);
    if (state.begun) {
        outlet_close(&state.print);
        outlet_close(&state.say);
    }
    state.begun = false;
    pthread_mutex_unlock(&state.lock);
}

void console_print(struct text text)
{
    pthread_mutex_lock(&state.lock);
    if (state.begun) {
        outlet_add(&state.print, text);
        outlet_send(&state.print);
    } else {
        fwrite(text.data, 1, text.size, stdout);
    }
    pthread_mutex_unlock(&state.lock);
}

static bool send_both(void)
{
    bool empty = outlet_send(&state.print);
    empty &= outlet_send(&state.say);
    if (empty && state.left_out) {
        buffer_printf(&state.to_stderr->pending,
                      "(%" PRIu64 " messages are left out, as nobody read)\n", state.left_out);
        state.left_out = 0;
        empty = outlet_send(state.to_stderr);
    }
    if (empty)
        state.said_bytes = 0;
    return empty;
}

static void say(struct text text)
{
    state.said_bytes += text.size;
    if (state.said_bytes > MOST_SAID_BYTES && !send_both()) {
        state.left_out++;
        return;
    }
    outlet_add(state.to_stderr, text);
    send_both();
}

void console_say(struct text text)
{
    pthread_mutex_lock(&state.lock);
    if (state.begun)
        say(text);
    else
        fwrite(text.data, 1, text.size, stderr);
    pthread_mutex_unlock(&state.lock);
}

/* Polled without the lock: other threads may say something meanwhile. */
static void wait_to_send(int timeout_ms)
{
    struct pollfd ready[2] = {{.events = POLLOUT}, {.events = POLLOUT}};
    pthread_mutex_lock(&state.lock);
    ready[0].fd = outlet_is_empty(&state.print) ? -1 : state.print.fd;
    ready[1].fd = outlet_is_empty(&state.say) ? -1 : state.say.fd;
    pthread_mutex_unlock(&state.lock);
    poll(ready, 2, timeout_ms);
}

static bool send_now(void)
{
    pthread_mutex_lock(&state.lock);
    bool empty = !state.begun || send_both();
    pthread_mutex_unlock(&state.lock);
    return empty;
}

bool console_send(uint64_t timeout_ns)
{
    uint64_t until_ns = real_now_ns() + timeout_ns, now;
    bool empty;
    while (!(empty = send_now()) && (now = real_now_ns()) < until_ns)
        wait_to_send((int)((until_ns - now + NS_PER_MS - 1) / NS_PER_MS));
    return empty;
}

int console_print_failed(void)
{
    pthread_mutex_lock(&state.lock);
    int cause = state.begun && state.print.lost ? state.print.cause : 0;
    pthread_mutex_unlock(&state.lock);
    return cause;
}
