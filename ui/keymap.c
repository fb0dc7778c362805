#include "ui/keymap.h"

#include <ncurses.h>

#include "base/memory.h"
#include "ui/actions.h"
#include "ui/watching.h"

#define CTRL(letter) ((letter)&0x1f)
#define ESC          0x1b

/* Most useful first: that is the order of the footer. */
/* clang-format off: it would give each field a line of its own */
const struct key_row keymap[] = {
    {{'p'}, "p", IN_LIVE | WHILE_RUNNING, "pause", "stop sending, or go on", act_pause},
    {{'+', '=', '-'},
     "+ -",
     IN_LIVE | WHILE_RUNNING,
     "load",
     "a step of load, or of rate: 1 2 3 4 5 6 8 10 12 16 20 24 …",
     act_load_step},
    {{'L'}, "L", IN_LIVE | WHILE_RUNNING, NULL, "type a load, or a rate", act_load_typed},
    {{'t'},
     "t",
     IN_ALL | WHILE_THERE,
     "tune",
     "change this round, queue a level, or start one now",
     act_tune},
    {{'r'}, "r", IN_ALL | WHILE_THERE, "rerun", "the level again, salted; asks", act_rerun},
    {{'m'}, "m", IN_ALL | WHILE_RUNNING, "note", "a note, for plots, tables and files", act_note},
    {{'b'},
     "b",
     IN_ALL,
     "baseline",
     "hold figures against this round; again: no longer",
     act_baseline},
    {{'\n', '\r', KEY_ENTER}, "Enter", IN_LISTS | IN_CACHE, NULL, "open what is selected", NULL},
    {{ESC}, "Esc", IN_ALL, NULL, "back one step, or clear a filter; never quits", act_back},
    {{KEY_UP, KEY_DOWN, 'k', 'j'}, "↑ ↓ k j", IN_LISTS | IN_CACHE, NULL, "move", NULL},
    {{KEY_PPAGE, KEY_NPAGE, CTRL('u'), CTRL('d')},
     "PgUp PgDn ^U ^D",
     IN_LISTS,
     NULL,
     "a page, half a page",
     NULL},
    {{KEY_HOME, KEY_END, 'g', 'G'},
     "Home End g G",
     IN_ROUNDS | IN_REQUESTS | IN_LOG,
     NULL,
     "first, last",
     NULL},
    {{'/'}, "/", IN_REQUESTS | IN_LOG, NULL, "filter the list, search in a text", NULL},
    {{'n', 'N'}, "n N", IN_REQUESTS | IN_LOG, NULL, "next, previous match", NULL},
    {{'f'},
     "f",
     IN_REQUESTS | IN_LOG,
     NULL,
     "preset: all, failed, SLO, slow, in flight; this level",
     NULL},
    {{'<', '>'}, "< >", IN_LISTS, NULL, "sort by another column", NULL},
    {{'I'}, "I", IN_LISTS, NULL, "turn the order round", NULL},
    {{' '}, "Space", IN_ROUNDS | IN_REQUESTS, NULL, "tag", NULL},
    {{'U'}, "U", IN_ROUNDS | IN_REQUESTS, NULL, "untag all", NULL},
    {{'c'}, "c", IN_ROUNDS, NULL, "compare what is tagged", NULL},
    {{'a'}, "a", IN_METRICS, NULL, "add a metric", NULL},
    {{'x'},
     "x",
     IN_ROUNDS | IN_REQUESTS | IN_METRICS,
     NULL,
     "hide a row, in Requests a column",
     NULL},
    {{'[', ']'},
     "[ ]",
     IN_LIVE | IN_METRICS,
     "time span",
     "show a shorter, a longer time",
     act_span},
    {{KEY_LEFT, KEY_RIGHT, 'h', 'l'},
     "← →",
     IN_ALL,
     NULL,
     "back and forth: in time, between rounds or requests",
     act_back_in_time},
    {{KEY_END}, "End", IN_LIVE | IN_METRICS, NULL, "follow the run again", act_follow},
    {{'z'},
     "z",
     IN_LIVE | IN_METRICS,
     "zoom",
     "one plot over the whole page, then the next",
     act_zoom},
    {{',', '.'}, ", .", IN_ALL, NULL, "previous, next level", act_level},
    {{'!'}, "!", IN_ALL, NULL, "acknowledge the alarms that are raised", act_acknowledge},
    {{'S'}, "S", IN_ALL | WHILE_RUNNING, NULL, "skip to the next round; asks", act_skip},
    {{'X'}, "X", IN_ALL | WHILE_RUNNING, NULL, "stop the run; asks", act_stop},
    {{'R'}, "R", IN_ALL | WHILE_THERE, NULL, "reset the server's cache; asks", act_reset},
    {{'y'}, "y", IN_ALL, NULL, "copy, also to copied.txt in the run's directory", NULL},
    {{'o'}, "o", IN_ALL, NULL, "open in $PAGER", NULL},
    {{'w'}, "w", IN_ALL, NULL, "write the files of the run now", act_files},
    {{'1', '2', '3', '4', '5', '6'}, "1-6", IN_ALL, NULL, "the views", act_view},
    {{'\t', KEY_BTAB}, "Tab", IN_ALL, NULL, "next view; in a request the next pane", act_next_view},
    {{'T'}, "T", IN_ALL, NULL, "another theme", act_theme},
    {{'M'}, "M", IN_ALL, NULL, "mouse off, or on; Shift selects text anyway", act_mouse},
    {{CTRL('l')}, "^L", IN_ALL, NULL, "draw everything again", act_redraw},
    {{CTRL('z')}, "^Z", IN_ALL, NULL, "suspend; asks while a run is on", act_suspend},
    {{CTRL('c')},
     "^C",
     IN_ALL,
     NULL,
     "once: stop, write what finished, stay; twice: leave",
     act_interrupt},
    {{'?', KEY_F(1)}, "?", IN_ALL, "help", "help for this view", act_help},
    {{'q', KEY_F(10)}, "q", IN_ALL, "quit", "close a page, quit; asks while a run is on", act_quit},
    {{'Q'}, "Q", IN_ALL, NULL, "quit from anywhere; asks while a run is on", act_quit_now},
};
/* clang-format on */

const size_t keymap_count = ARRAY_SIZE(keymap);

static bool works(const struct key_row *row, const struct ui *ui)
{
    /* Who follows a run of another process has no hand in it. */
    bool there = ui->benchmark && ui->state != STATE_FINISHED;
    bool running = there && ui->state != STATE_WAITING;
    return row->where & (1u << ui->view) && (!(row->where & WHILE_RUNNING) || running) &&
           (!(row->where & WHILE_THERE) || there);
}

const struct key_row *keymap_find(const struct ui *ui, int key)
{
    for (size_t i = 0; i < keymap_count; i++)
        for (size_t j = 0; j < ARRAY_SIZE(keymap[i].keys) && keymap[i].keys[j]; j++)
            if (keymap[i].keys[j] == key && works(&keymap[i], ui))
                return &keymap[i];
    return NULL;
}

/* Hints stand two blanks apart, on wide screens three. */
static const char *gap_for(int cols)
{
    return cols >= 98 ? "   " : "  ";
}

static void add_hint(struct buffer *out, int cols, const char *gap, struct text hint)
{
    int used = text_columns(buffer_text(out));
    if (used + (int)strlen(gap) + text_columns(hint) > cols)
        return;
    buffer_add_string(out, used ? gap : "");
    buffer_add_text(out, hint);
}

/* False for a key of the table that does nothing in this state: a view's hints do not ask. */
static bool is_offered(const struct ui *ui, struct text hint)
{
    bool known = false;
    for (size_t i = 0; hint.size > 1 && hint.data[1] == ' ' && i < keymap_count; i++)
        for (size_t j = 0; j < ARRAY_SIZE(keymap[i].keys) && keymap[i].keys[j]; j++)
            if (keymap[i].keys[j] == hint.data[0] && keymap[i].where & (1u << ui->view)) {
                if (works(&keymap[i], ui))
                    return true;
                known = true;
            }
    return !known;
}

/* "a b  c d" hint by hint. */
static void add_hints(const struct ui *ui, struct buffer *out, int cols, const char *gap,
                      const char *hints)
{
    while (*hints) {
        const char *end = strstr(hints, "  ");
        size_t size = end ? (size_t)(end - hints) : strlen(hints);
        if (is_offered(ui, (struct text){hints, size}))
            add_hint(out, cols, gap, (struct text){hints, size});
        hints += size;
        hints += strspn(hints, " ");
    }
}

void keymap_footer(const struct ui *ui, int cols, struct buffer *out)
{
    const char *gap = gap_for(cols);
    char always[32];
    snprintf(always, sizeof always, "%s? help%sq quit", gap, gap);
    int room = cols - (int)strlen(always);
    const struct view *view = &views_table[ui->view];
    const char *hints = view->hints ? view->hints(ui) : NULL;
    if (hints)
        add_hints(ui, out, room, gap, hints);
    for (size_t i = 0; i < keymap_count; i++) {
        const struct key_row *row = &keymap[i];
        if (!row->footer || !works(row, ui) || row->act == act_help || row->act == act_quit)
            continue;
        char hint[64];
        snprintf(hint, sizeof hint, "%s %s", row->shown, row->footer);
        if (!hints || !strstr(hints, hint))
            add_hint(out, room, gap, text_of(hint));
    }
    buffer_add_string(out, out->size ? always : always + strlen(gap));
}
