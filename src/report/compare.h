/* Runs side by side, numbers only: what each side measured at each level and round, and what the
 * first side compares with. compare_text.h puts it into words. */
#ifndef REPORT_COMPARE_H
#define REPORT_COMPARE_H

#include "base/buffer.h"
#include "report/condition.h"
#include "result/comparison.h"
#include "result/saved_runs.h"

#define COMPARE_SIDES_MAX 8

/* One side: what was read from a directory, or from several, which are then runs of the same. */
struct compare_side {
    char **directories;
    struct saved_runs *saved; /* one for each of them */
    size_t count;
};

/* A row of the table. */
struct compare_figure {
    const char *key;   /* "ttft_p50" */
    const char *title; /* "TTFT P50" */
    const char *unit;  /* "ms", "tokens/s", "" */
    int decimals;
    bool is_share; /* 0…1 */
    bool is_count; /* is shown, and not compared */
    bool more_is_better;
    bool open_loop_only;
    /* METRIC_COUNT for none: a median over requests, compared by their pairs or batches. */
    enum metric_id metric;
    /* In the unit above; NO_VALUE when the round has none. */
    double (*value)(const struct summary *summary);
};

#define COMPARE_FIGURE_COUNT 15
extern const struct compare_figure compare_figures[COMPARE_FIGURE_COUNT];

/* A round of one run. All but the summary is borrowed. */
struct compare_cell {
    size_t directory; /* of its side */
    const struct run *run;
    const struct level *level;
    const struct round *round;
    struct summary summary;
};

/* What one of the server's own metrics did, in each side. */
struct compare_server {
    const struct watched *watched;    /* of the first side's first run */
    double values[COMPARE_SIDES_MAX]; /* of the round, over several runs their median; NO_VALUE */
};

/* One level and round, of all sides that have it. */
struct compare_group {
    const char *stage; /* of a recipe; NULL = none */
    char label[64];    /* of the level, as the first side has it */
    uint16_t round;
    bool load_differs;                             /* each side has one level, and not the same */
    struct compare_cell *cells[COMPARE_SIDES_MAX]; /* one for each run of the side */
    size_t cell_counts[COMPARE_SIDES_MAX];
    double values[COMPARE_SIDES_MAX][COMPARE_FIGURE_COUNT]; /* over several runs their median */
    /* Of the side against the first. `before` is 0 where a figure is not compared. */
    struct comparison comparisons[COMPARE_SIDES_MAX][COMPARE_FIGURE_COUNT];
    /* Those asked for with --prometheus-metrics, else what explains a difference: hits, KV cache,
     * queue, prefill. Only where the first side and another have them. */
    struct compare_server *server;
    size_t server_count;
};

/* What else differs from the first side, and bears on the figures. */
struct compare_note {
    bool grave; /* they are not of the same thing: other model, dataset, output limit, client … */
    size_t side;
    char *text;
};

struct compare {
    struct compare_side sides[COMPARE_SIDES_MAX];
    size_t side_count;
    struct compare_group *groups; /* in the order of the first side */
    size_t group_count;
    struct compare_note *notes; /* grave ones first */
    size_t note_count;
};

/* A side more, of one directory or several; false when one cannot be read. The caller keeps its
 * strings. At most COMPARE_SIDES_MAX. */
bool compare_add_side(struct compare *compare, char *const *directories, size_t count,
                      struct error *error);
/* Once all sides are there. False when they have no level and round in common. */
bool compare_make(struct compare *compare, struct error *error);
void compare_free(struct compare *compare);

/* 'A', 'B', … */
static inline char compare_side_name(size_t side)
{
    return (char)('A' + side);
}

/* A median of two single runs: by pairs where they sent the same dataset and have prompts in
 * common, else by batches of each one's requests. */
void compare_rounds(struct comparison *comparison, enum metric_id id,
                    const struct compare_cell *before, const struct compare_cell *after);

/* How far the side's figure is from the first side's, and the 95 % interval of that: shares of the
 * first, so that +0.10 is 10 % more; of figures that are shares themselves, their difference. A
 * figure that is compared has the change of its comparison: for pairs the median over prompts. */
struct compare_change {
    double change, low, high; /* NO_VALUE where there is none */
};
struct compare_change compare_change_of(const struct compare_group *group, size_t side,
                                        size_t figure);
/* The same of any two values; a `comparison` without units says nothing of them. */
struct compare_change compare_change_between(const struct compare_figure *figure, double from,
                                             double to, const struct comparison *comparison);

/* True when a side has several runs: intervals then cover what differs from run to run. */
bool compare_is_over_runs(const struct compare *compare);

/* Like condition_parse, and takes a metric by itself, as in "ttft>+5%": a difference that is shown,
 * and beyond that. */
bool compare_condition_parse(struct condition *condition, const char *text, struct error *error);
/* What --fail-on says of a side's figure in a group: a change from the first side, or a plain
 * limit. `value` is the figure or its change. */
bool compare_condition_holds(const struct compare_group *group, size_t side,
                             const struct condition *condition, double *value);

#endif
