#include "ui/dataset_load.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/memory.h"

/* Held by the form and, while it reads, by the thread; the last one frees it. */
struct dataset_load {
    char *name;
    bool skip_bad_rows;
    _Atomic enum dataset_load_state state;
    struct dataset dataset;
    struct error error;
    _Atomic int holders;
};

static void let_go(struct dataset_load *load)
{
    if (atomic_fetch_sub(&load->holders, 1) > 1)
        return;
    if (load->state == DATASET_LOADED)
        dataset_free(&load->dataset);
    free(load->name);
    free(load);
}

static void *load_main(void *argument)
{
    struct dataset_load *load = argument;
    bool ok = dataset_read(&load->dataset, load->name, load->skip_bad_rows, &load->error);
    atomic_store_explicit(&load->state, ok ? DATASET_LOADED : DATASET_FAILED, memory_order_release);
    let_go(load);
    return NULL;
}

/* A pipe or a terminal would be waited for. */
static bool can_be_read(const char *name, struct error *error)
{
    struct stat status;
    if (strcmp(name, "-") == 0)
        return error_set(error, "standard input is the keyboard here");
    if (text_starts_with(text_of(name), "builtin:") || stat(name, &status) != 0)
        return true; /* what is missing is said by dataset_read, with a suggestion */
    return S_ISREG(status.st_mode) || error_set(error, "%s is no file", name);
}

struct dataset_load *dataset_load_begin(const char *name, bool skip_bad_rows)
{
    struct dataset_load *load = xcalloc(1, sizeof *load);
    pthread_t thread;
    *load =
        (struct dataset_load){.name = xstrdup(name), .skip_bad_rows = skip_bad_rows, .holders = 2};
    bool begun = can_be_read(name, &load->error) &&
                 (pthread_create(&thread, NULL, load_main, load) == 0 ||
                  error_set(&load->error, "cannot start a thread to read it"));
    if (begun) {
        pthread_detach(thread);
    } else {
        load->state = DATASET_FAILED;
        load->holders = 1;
    }
    return load;
}

void dataset_load_end(struct dataset_load *load)
{
    if (load)
        let_go(load);
}

enum dataset_load_state dataset_load_state(const struct dataset_load *load)
{
    return atomic_load_explicit(&load->state, memory_order_acquire);
}

const char *dataset_load_name(const struct dataset_load *load)
{
    return load->name;
}

struct dataset *dataset_load_dataset(struct dataset_load *load)
{
    return &load->dataset;
}

const char *dataset_load_error(const struct dataset_load *load)
{
    return load->error.text;
}
