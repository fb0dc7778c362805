/* A choice among runs on disk: what each was, and what came out. */
#ifndef UI_PICKER_H
#define UI_PICKER_H

#include "base/error.h"
#include "ui/input.h"
#include "ui/view.h"

struct picker_run {
    char *directory;
    char *model, *server; /* NULL = not known */
    char **notes;         /* --note, then those that were made while it was on */
    uint32_t note_count;
    char levels[48]; /* "5 10 20" */
    uint64_t start_wall_ns;
    uint64_t bytes; /* of all its files */
    bool cut;       /* ended before its plan did */
    bool on;        /* still being written */
    bool tagged;
    double cold_ttft_ms, warm_ttft_ms; /* P50, first and last round of the last level with two */
    double slo_share;                  /* of requests that succeeded; NaN = no limits */
};

/* Without anything where it cannot be read: then the run is left out. */
bool picker_run_read(struct picker_run *run, const char *directory);
void picker_run_add_note(struct picker_run *run, struct text note);
void picker_run_free(struct picker_run *run);

enum picker_choice { PICKER_NONE, PICKER_OPEN, PICKER_COMPARE, PICKER_LEAVE };

struct picker {
    const char *folder; /* as the title says it: "results/" */
    struct picker_run *runs;
    uint32_t count;
    uint32_t *shown; /* indices of runs that pass the filter */
    struct list list;
    struct input filter;
    bool filtering, helping;
    char message[160];
    enum picker_choice choice;
};

/* Runs below a folder, the newest first. */
void picker_scan(struct picker *picker, const char *folder);
/* These directories, in their order. */
void picker_take(struct picker *picker, char *const *directories, size_t count);
void picker_free(struct picker *picker);

void picker_draw(void *picker, struct canvas *canvas);
/* False when a choice was made: picker->choice says which. */
bool picker_key(void *picker, int key);
/* The run under the cursor; NULL when there is none. */
const struct picker_run *picker_selected(const struct picker *picker);

#endif
