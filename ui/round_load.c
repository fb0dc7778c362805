#include "ui/round_load.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

#define NICE 10 /* what is measured comes first */

/* Held by the view and, while it reads, by the thread; the last one frees it. */
struct round_load {
    char *path;
    struct round_place place;
    _Atomic enum round_load_state state;
    _Atomic uint32_t done;
    _Atomic bool stop;
    struct record *records;
    struct error error;
    _Atomic int holders;
};

static void let_go(struct round_load *load)
{
    if (atomic_fetch_sub(&load->holders, 1) > 1)
        return;
    round_records_free(load->records, load->place.records);
    free(load->path);
    free(load);
}

static void *load_main(void *argument)
{
    struct round_load *load = argument;
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
    load->records = round_read(load->path, &load->place, &load->done, &load->stop, &load->error);
    atomic_store_explicit(&load->state, load->records ? ROUND_LOADED : ROUND_FAILED,
                          memory_order_release);
    let_go(load);
    return NULL;
}

struct round_load *round_load_begin(const char *directory, const struct round_place *place)
{
    struct round_load *load = xcalloc(1, sizeof *load);
    pthread_t thread;
    load->path = path_join(directory, "journal.jsonl");
    load->place = *place;
    load->holders = 2;
    if (pthread_create(&thread, NULL, load_main, load) == 0) {
        pthread_detach(thread);
    } else {
        error_set(&load->error, "cannot start a thread to read it");
        load->state = ROUND_FAILED;
        load->holders = 1;
    }
    return load;
}

void round_load_end(struct round_load *load)
{
    if (!load)
        return;
    atomic_store(&load->stop, true);
    let_go(load);
}

enum round_load_state round_load_state(const struct round_load *load)
{
    return atomic_load_explicit(&load->state, memory_order_acquire);
}

const struct round_place *round_load_place(const struct round_load *load)
{
    return &load->place;
}

uint32_t round_load_done(const struct round_load *load)
{
    return atomic_load(&load->done);
}

const struct record *round_load_records(const struct round_load *load)
{
    return load->records;
}

const char *round_load_error(const struct round_load *load)
{
    return load->error.text;
}
