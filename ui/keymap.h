/* The one table of keys: it drives what a key does, the footer and the help. In a field every
 * printable key is text, so this table is not asked there. */
#ifndef UI_KEYMAP_H
#define UI_KEYMAP_H

#include "ui/view.h"

/* Where a key works: views by bit, and conditions. */
enum {
    IN_LIVE = 1 << VIEW_LIVE,
    IN_ROUNDS = 1 << VIEW_ROUNDS,
    IN_REQUESTS = 1 << VIEW_REQUESTS,
    IN_METRICS = 1 << VIEW_METRICS,
    IN_CACHE = 1 << VIEW_CACHE,
    IN_LOG = 1 << VIEW_LOG,
    IN_ALL = (1 << VIEW_COUNT) - 1,
    IN_LISTS = IN_ROUNDS | IN_REQUESTS | IN_METRICS | IN_LOG,
    WHILE_RUNNING = 1 << VIEW_COUNT,     /* only while a run is on */
    WHILE_THERE = 1 << (VIEW_COUNT + 1), /* also while it waits for more levels */
};

struct key_row {
    int keys[6];        /* ncurses codes; 0 ends them */
    const char *shown;  /* "+ -" */
    unsigned where;     /* IN_…, WHILE_RUNNING */
    const char *footer; /* "load"; NULL = not in the footer */
    const char *help;   /* what it does, one line */
    /* NULL: the view's own. Returns nothing: it says what is wrong in ui->message. */
    void (*act)(struct ui *ui, int key);
};

extern const struct key_row keymap[];
extern const size_t keymap_count;

/* The row of a key in the current view and state, NULL when it has none there. */
const struct key_row *keymap_find(const struct ui *ui, int key);
/* "p pause  + - load  ? help  q quit" for the current view, as much as fits into `cols`; the last
 * two are always there. */
void keymap_footer(const struct ui *ui, int cols, struct buffer *out);

#endif
