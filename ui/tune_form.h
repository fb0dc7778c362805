/* What the tune form is made of; internal to tune*.c. */
#ifndef UI_TUNE_FORM_H
#define UI_TUNE_FORM_H

#include "benchmark/tuning.h"
#include "ui/form.h"
#include "ui/tune.h"

enum tune_field_id {
    TUNE_CONCURRENCY,
    TUNE_SLO_TTFT,
    TUNE_SLO_ITL,
    TUNE_SLO_LATENCY,
    TUNE_ROUNDS, /* from here on: of a new level */
    TUNE_SAMPLES,
    TUNE_OUTPUT,
    TUNE_AT_LEAST,
    TUNE_TEMPERATURE,
    TUNE_TOP_P,
    TUNE_RATE,
    TUNE_DURATION,
    TUNE_COLD_START,
    TUNE_SETTLE,
    TUNE_EXTRA_BODY,
    TUNE_NOTE,
    TUNE_FIELD_COUNT
};

enum tune_button { TUNE_QUEUE, TUNE_START, TUNE_ONLY_NOW, TUNE_CANCEL, TUNE_BUTTON_COUNT };

/* Where a field stands in its section, and what it means. */
struct tune_row {
    const char *label, *option;
    int line, column; /* column 1 begins in mid-page */
    const char *means;
};

extern const struct tune_row tune_rows[TUNE_FIELD_COUNT];

struct tune {
    const struct level *from;
    struct field fields[TUNE_FIELD_COUNT];
    int focus;       /* a field, or TUNE_FIELD_COUNT + a button */
    char wrong[256]; /* of the focused field; "" = nothing */
};

/* The level that a queue would add; false with the reason when a field is wrong, which gets the
 * focus. Freed with level_wish_free. */
bool tune_wish(struct tune *tune, struct level_wish *wish, struct error *error);
/* False where the fields do not change what runs now. */
bool tune_changes_now(const struct tune *tune);
/* The round that is running; NULL when none is. */
const struct round *tune_running(const struct ui *ui, const struct level **level);
/* Seconds that a level like `from` may take with these wishes; NaN when nothing is known yet. */
double tune_estimate_s(struct ui *ui, const struct level *from, const struct level_wish *wish);
/* The label of a button; NULL when there is nothing for it to do. */
const char *tune_button_label(struct tune *tune, struct ui *ui, enum tune_button which,
                              char label[static 64]);

#endif
