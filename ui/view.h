/* What all views share: the state of the screen, and the table of views. A view draws from `const
 * struct run *`, so that it shows a run in progress, a finished one and one from files alike. */
#ifndef UI_VIEW_H
#define UI_VIEW_H

#include "benchmark/benchmark.h"
#include "report/table.h"
#include "ui/canvas.h"

enum view_id {
    VIEW_LIVE,
    VIEW_ROUNDS,
    VIEW_REQUESTS,
    VIEW_METRICS,
    VIEW_CACHE,
    VIEW_LOG,
    VIEW_COUNT
};

/* A list with a cursor; each list of the screen has one. */
struct list {
    uint32_t count, cursor, top;
    int rows; /* visible, as last drawn */
};

struct ui {
    /* what is shown; `benchmark` and `live` are NULL for a run from files */
    struct benchmark *benchmark;
    const struct run *run;
    const char *directory;
    struct live_view *live; /* this frame's snapshot */
    uint64_t now_ns;        /* from the run's start, frozen within a frame and in tests */

    enum view_id view;
    uint16_t level; /* selected, number; 0 = the running or last one */
    uint16_t round; /* selected, number; 0 = the running or last one */
    struct list levels, requests, log, metrics;
    bool in_level;    /* Rounds: one level is open */
    bool in_request;  /* Requests: one request is open */
    char filter[128]; /* Requests and Log */
    int sort_column;
    bool sort_inverted;
    int preset; /* Requests: all, failed, SLO, slow, in flight */
    int pane;   /* of an open request */
    int pane_top;
    uint32_t span_s;           /* of plots */
    char message[256];         /* one line said to the user, until the next key */
    void *private[VIEW_COUNT]; /* caches of the views; freed by their `free` */
    struct summary_cache *summaries;
};

struct view {
    const char *name; /* "Live" */
    /* Draws into `rect`, which leaves out header and footer. */
    void (*draw)(struct ui *ui, struct canvas *canvas, struct rect rect);
    /* An ncurses key code. False when the view does not use it. */
    bool (*key)(struct ui *ui, int key);
    /* What the footer offers, "Enter open  / filter", most useful first. */
    const char *(*hints)(const struct ui *ui);
    const char *help; /* a page */
    void (*free)(void *private);
};

extern const struct view views_table[VIEW_COUNT];

/* The level and round that the view is about; NULL when there is none yet. */
const struct level *ui_level(const struct ui *ui);
const struct round *ui_round(const struct ui *ui);
/* Exact figures of a round that ended; of one that runs, remade at most twice a second. Valid until
 * the next frame. */
const struct summary *ui_summary(struct ui *ui, const struct level *level,
                                 const struct round *round);

/* After the SLO was changed, and at the end. */
void ui_forget_summaries(struct ui *ui);

/* Moves for arrows, j k, PgUp PgDn, ^U ^D, Home End, g G. False when the key is none of these. */
bool list_key(struct list *list, int key);
/* Keeps the cursor in sight; call before drawing `rows` rows. */
void list_settle(struct list *list, uint32_t count, int rows);

#endif
