/* epoll with nanosecond deadlines, and a wake-up that any thread may call. Used by the workers and
 * by the built-in server. It dispatches nothing: the caller walks the ready list. */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/error.h"

#define LOOP_FOREVER UINT64_MAX

struct loop {
    int epoll_fd;
    int wake_fd;
    uint64_t woke_ns;   /* when the last loop_wait returned */
    uint64_t waited_ns; /* sum of the time spent inside epoll */
    bool lacks_pwait2;  /* the kernel's epoll_pwait2, as it turned out */
};

struct loop_ready {
    void *owner; /* as given to loop_watch */
    uint32_t events;
};

bool loop_init(struct loop *loop, struct error *error);
void loop_free(struct loop *loop);

/* A descriptor that is not watched yet. False with errno set when epoll refuses. */
bool loop_add(struct loop *loop, int fd, uint32_t events, void *owner);
/* Adds the descriptor or changes what it waits for. False with errno set when epoll refuses. */
bool loop_watch(struct loop *loop, int fd, uint32_t events, void *owner);
void loop_unwatch(struct loop *loop, int fd);
/* Closes it. That alone would not do: as long as a child that has not come to its exec yet holds it
 * too, epoll goes on to tell of an owner that is gone. */
void loop_close(struct loop *loop, int fd);

/* Waits until something is ready, somebody wakes the loop, or `deadline_ns` (of now_ns).
 * Returns how many entries of `ready` were filled; 0 for a wake-up, a deadline or a signal. An
 * entry may be stale when an earlier one of the same batch closed its owner: free owners after the
 * batch. */
size_t loop_wait(struct loop *loop, uint64_t deadline_ns, struct loop_ready *ready, size_t most);

/* Makes loop_wait return. Any thread; async-signal-safe. */
void loop_wake(struct loop *loop);

#endif
