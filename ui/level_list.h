/* The list of levels: which are shown, in what order, which are tagged. */
#ifndef UI_LEVEL_LIST_H
#define UI_LEVEL_LIST_H

#include "ui/view.h"

struct level_list {
    uint16_t numbers[RUN_LEVELS_MAX]; /* of the levels that are shown, in their order */
    uint32_t count;
    uint32_t hidden_count;
    bool tagged[RUN_LEVELS_MAX + 1]; /* by number */
    int sort_column;
    bool inverted;
    bool differences; /* a line below each level says how far it is from the baseline */
};

void level_list_update(struct level_list *list, struct ui *ui);
/* NULL beyond the last one. */
const struct level *level_list_at(const struct level_list *list, const struct run *run,
                                  uint32_t at);
/* Where a level stands; the list's count when it is not shown. */
uint32_t level_list_search(const struct level_list *list, uint16_t number);
/* The level whose line is that many rows below the header. */
uint32_t level_list_from_row(const struct level_list *list, const struct ui *ui, int row);
/* Rows that all of it takes, without the header. */
int level_list_rows(const struct level_list *list, const struct ui *ui);

/* A header and the lines, with ui->levels as the cursor. */
void level_list_draw(const struct level_list *list, struct ui *ui, struct canvas *canvas,
                     struct rect rect);
/* "5, 1 queued, 2 tagged" */
void level_list_note(const struct level_list *list, const struct ui *ui, char *out, size_t size);

/* Tags or untags it. NULL is none. */
void level_list_tag(struct level_list *list, const struct level *level);
void level_list_untag(struct level_list *list);
uint32_t level_list_tagged(const struct level_list *list);
/* False when it is the last one, which stays: a list of nothing shows no way back. */
bool level_list_hide(struct level_list *list, struct ui *ui, const struct level *level);
/* False when none was hidden. */
bool level_list_show_all(const struct level_list *list, struct ui *ui);
/* < > I */
void level_list_sort(struct level_list *list, int key);

/* The last round of a level that has begun; NULL when none has. */
const struct round *level_last_round(const struct level *level);
/* "interrupted in R1 R3: the server went away"; nothing when no round was. */
void level_add_interrupted(const struct level *level, struct buffer *out);
/* The round that has ended in which the client did worst, of several the last; NULL when none has.
 */
const struct round *level_worst_client(const struct level *level);
/* "R1 cold, checked: 0 % cached     R2 85 % cached     client ok" */
void level_add_temperatures(struct ui *ui, const struct level *level, struct buffer *out);

#endif
