/* What all views share: the state of the screen, and the table of views. A view draws from `const
 * struct run *`, so that it shows a run in progress, a finished one and one from files alike. */
#ifndef UI_VIEW_H
#define UI_VIEW_H

#include "benchmark/benchmark.h"
#include "report/baseline.h"
#include "result/comparison.h"
#include "ui/canvas.h"
#include "ui/remake.h"

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

struct ui;

/* What lies over the view until it is closed: help, a question, a form. */
struct overlay {
    bool whole_page; /* covers header and footer too, and draws its own */
    void (*draw)(struct ui *ui, struct canvas *canvas, struct rect rect);
    /* False closes it. ^C, ^L, ^Z and resizing never come here. */
    bool (*key)(struct ui *ui, int key);
    void (*free)(void *state); /* of one that is open when the screen ends; NULL = free() */
};

/* What the screen is to do next; set by keys. */
enum ui_wish {
    WISH_GO_ON,
    WISH_LEAVE,   /* the run, if one is on, was told to end */
    WISH_PLAIN,   /* leave the screen, let the run go on */
    WISH_SUSPEND, /* as ^Z in a shell */
    WISH_REDRAW,  /* all of it: something else wrote on the terminal */
    WISH_THEME,   /* the next one */
    WISH_MOUSE,   /* off or on */
    WISH_FILES,   /* write the files of the run now */
    WISH_COPY,    /* what stands in ui->copied, to the terminal's clipboard */
    WISH_PAGER,   /* what stands in ui->copied, in $PAGER */
};

/* How the run is doing, for the header and for keys that need one in progress. */
enum ui_state {
    STATE_FINISHED, /* or from files */
    STATE_STARTING, /* before the first level */
    STATE_RUNNING,
    STATE_PAUSED,
    STATE_STOPPING, /* was told to end */
    STATE_WAITING,  /* all levels are done, more may come */
};

#define UI_SPAN_ALL UINT32_MAX

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
    uint32_t hidden_columns; /* of Requests; a bit for each */
    int preset;              /* Requests: all, failed, SLO, slow, in flight */
    int pane;                /* of an open request */
    int pane_top;
    uint32_t span_s;   /* of plots; 0 = what fits */
    uint32_t back_s;   /* how far back in time plots end; 0 = they follow */
    bool zoomed;       /* one plot over the whole page: */
    int zoom_plot;     /* which, where a view has several */
    char message[256]; /* one line said to the user, until the next key */
    enum ui_state state;
    enum ui_wish wish;
    struct buffer copied;
    struct buffer stderr_text; /* what was written to stderr while the screen is up */
    bool ascii;
    int mouse_row, mouse_col;          /* of KEY_MOUSE: a click, in the screen's rows and columns */
    uint32_t alarms_seen, alarms_rung; /* of run->changes: those before were acknowledged, rang */
    uint8_t hidden[RUN_LEVELS_MAX + 1];      /* see hidden.c */
    uint16_t followed_level, followed_round; /* what a run that is followed chose last */
    struct baseline baseline;                /* what figures are held against; not freed here */
    bool baseline_chosen;                    /* when the run was over already */
    bool load_confirmed;                     /* the first change of load in a run asks */

    const struct overlay *overlay; /* NULL = none */
    void *overlay_state;           /* the overlay's own; it frees it when it closes */
    char question[200];            /* in the last row, "" = none: Enter or y, else Esc */
    void (*answered)(struct ui *ui);
    bool (*asked_again)(struct ui *ui, int key); /* a key that changes the question; NULL = none */
    uint32_t asked_for;                          /* what the question is about: a level, … */
    double asked_load;                           /* … or a load */
    void *private[VIEW_COUNT];                   /* caches of the views; freed by their `free` */
    struct summary_cache *summaries;
    struct pair_cache comparisons, against;
};

struct view {
    const char *name; /* "Live" */
    /* Draws into `rect`, which leaves out header and footer. */
    void (*draw)(struct ui *ui, struct canvas *canvas, struct rect rect);
    /* An ncurses key code. False when the view does not use it. */
    bool (*key)(struct ui *ui, int key);
    /* What the footer offers before the keys of all views, "Enter open  / filter", most useful
     * first, two blanks apart. Each key stands in the key table. May be NULL. */
    const char *(*hints)(const struct ui *ui);
    const char *help; /* what is seen here, a page; keys are listed by themselves */
    void (*free)(void *private);
};

extern const struct view views_table[VIEW_COUNT];

/* Asks in the last row; `answered` is called for Enter and y. */
void ui_ask(struct ui *ui, void (*answered)(struct ui *ui), const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Lets the user type a line in the last row; `typed` is called for Enter, not for Esc. */
void ui_type(struct ui *ui, const char *label, struct text initial,
             void (*typed)(struct ui *ui, struct text text));
void ui_say(struct ui *ui, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* To the terminal's clipboard, and to copied.txt in the run's directory. */
void ui_copy(struct ui *ui, struct text text, const char *what);

/* The level and round that the view is about; NULL when there is none yet. */
const struct level *ui_level(const struct ui *ui);
const struct round *ui_round(const struct ui *ui);
/* Exact figures of a round that ended; of one that runs, remade at most twice a second. Valid until
 * the next frame. */
const struct summary *ui_summary(struct ui *ui, const struct level *level,
                                 const struct round *round);

/* TTFT of two rounds of a level, paired; of running ones as far as they are. NULL where nothing can
 * be compared yet. */
const struct comparison *ui_comparison(struct ui *ui, const struct round *cold,
                                       const struct round *warm);
/* After the SLO was changed, and at the end. */
void ui_forget_summaries(struct ui *ui);
/* What of a running round its records do not tell, taken while nobody changes it; not to be freed.
 * Chunk gaps have no figures before the round's end. */
struct round ui_round_snapshot(const struct ui *ui, const struct round *round);

/* Levels that were hidden: failed experiments, out of sight until they are shown again. */
bool ui_is_hidden(const struct ui *ui, const struct level *level);
void ui_hide(struct ui *ui, const struct level *level, bool hidden);
/* What was decided when the run was over, which only its journal can keep from then on. */
bool ui_has_decisions(const struct ui *ui);
/* Adds it there, or says why it cannot. */
bool ui_keep_decisions(const struct ui *ui);
/* The next one in sight (step 1), or the one before (−1); NULL when there is none. */
const struct level *ui_level_beside(const struct ui *ui, const struct level *level, int step);

/* A round's figures against those of its baseline, remade like its summary; NULL where it has none.
 * Valid until the next frame. */
const struct differences *ui_against(struct ui *ui, const struct level *level,
                                     const struct round *round);
void ui_forget_against(struct ui *ui);

/* A metric of a round against any other one, paired where they have prompts in common. */
const struct comparison *ui_comparison_of(struct ui *ui, enum metric_id metric,
                                          const struct round *round, const struct round *against);
void ui_forget_comparisons(struct ui *ui);

/* Moves for arrows, j k, PgUp PgDn, ^U ^D, Home End, g G. False when the key is none of these. */
bool list_key(struct list *list, int key);
/* Keeps the cursor in sight; call before drawing `rows` rows. */
void list_settle(struct list *list, uint32_t count, int rows);
/* What stands in the row is under the cursor: ▸ in its second column, and the theme's colours (or
 * reverse) over all of it. Last, when the row is drawn. */
void list_mark(struct canvas *canvas, int row, int col, int cols);

#endif
