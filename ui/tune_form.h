/* What the tune form is made of; internal to tune*.c. */
#ifndef UI_TUNE_FORM_H
#define UI_TUNE_FORM_H

#include "benchmark/level_queue.h"
#include "config/level_options.h"
#include "ui/dataset_load.h"
#include "ui/form.h"
#include "ui/tune.h"

enum tune_kind {
    TUNE_OPTION, /* a row of level_options */
    TUNE_LIMIT,  /* of the SLO */
    TUNE_PAUSED,
};

enum tune_section { TUNE_NOW, TUNE_NEW, TUNE_SECTION_COUNT };

struct tune_field {
    struct field field;
    enum tune_kind kind;
    const struct level_option *option; /* NULL for other kinds */
    const char *limit;                 /* of the SLO, "ttft_ms" */
    const char *means;                 /* of other kinds than an option */
    enum tune_section section;
    int line, column; /* in the section; column 1 begins in mid-page */
    bool wide;
    char range[96];
    char wrong[200]; /* why what was typed cannot be; "" = it can */
};

enum tune_button { TUNE_QUEUE, TUNE_START, TUNE_ONLY_NOW, TUNE_CANCEL, TUNE_BUTTON_COUNT };

#define TUNE_FIELDS_MAX 48

struct tune {
    const struct level *from;
    struct tune_field fields[TUNE_FIELDS_MAX];
    int count;
    int focus;                 /* a field, or `count` + a button */
    struct config base;        /* what `from` was sent with */
    struct dataset_load *load; /* of another dataset; NULL = none was typed */
    enum dataset_load_state loaded;

    /* what was typed comes to; see tune_check */
    struct config wish;
    struct level_plan plan;
    struct slo slo;
    bool is_good;
    char wrong[256]; /* what is wrong with it as a whole, or what a button failed with */
};

/* ---- tune_fields.c: the fields, as the level has them ---- */

void tune_fields_make(struct tune *tune, struct ui *ui);
int tune_lines(const struct tune *tune, enum tune_section section);
/* By an option's name; never NULL for one of level_options. */
struct tune_field *tune_find(struct tune *tune, const char *name);
/* The round that is running; NULL when none is. */
const struct round *tune_running(const struct ui *ui, const struct level **level);

/* ---- tune_wish.c: what they come to ---- */

/* After a key: makes wish, plan and slo of what was typed, or says at the fields what is wrong. */
void tune_check(struct tune *tune, struct ui *ui);
/* Once a frame: takes a dataset that has been read since. True while one is being read. */
bool tune_wait_dataset(struct tune *tune, struct ui *ui);
/* Rows of the dataset that the level would send. 0 while it is being read. */
uint32_t tune_rows(struct tune *tune, struct ui *ui);
/* Seconds that the wish may take, or a level that waits; NaN when nothing is known yet. */
double tune_wish_s(struct tune *tune, struct ui *ui);
double tune_level_s(struct ui *ui, const struct level *level);
/* The rest of the running level. */
double tune_rest_s(struct ui *ui, const struct level *level);

/* ---- tune_buttons.c: what they do ---- */

/* NULL when there is nothing for the button to do. */
const char *tune_button_label(struct tune *tune, struct ui *ui, enum tune_button which,
                              char label[static 64]);
/* True when the form is done with. */
bool tune_press(struct tune *tune, struct ui *ui, enum tune_button which);

#endif
