/* One request beside the same one of another round: its times, and both as bars. */
#ifndef UI_REQUEST_DETAIL_H
#define UI_REQUEST_DETAIL_H

#include "result/bulk.h"
#include "ui/request_list.h"

/* What was read back from the journal, kept from frame to frame. */
struct bulk_entry {
    uint16_t level, round;
    uint32_t index;
    bool read, ok;
    uint64_t due_ns; /* what was not there may be there later */
    struct error error;
    struct bulk bulk;
};

#define DETAIL_ROUNDS 2

struct bulk_cache {
    struct bulk_entry entries[DETAIL_ROUNDS];
    unsigned next;
    /* the same prompt in the round of the baseline, and what was searched for it */
    const struct record *same, *same_as;
    const struct round *same_in;
    uint32_t same_of;   /* records */
    uint32_t same_when; /* releases of the run */
};

void bulk_cache_free(struct bulk_cache *cache);

struct request_detail {
    struct request_row row;
    int count; /* of rounds that have it; the one that is shown stands second where both do */
    struct {
        const struct round *round;
        const struct record *record; /* NULL = in flight */
        struct bulk_entry *bulk;     /* NULL = in flight, or no directory */
        bool shown;
    } sides[DETAIL_ROUNDS];
    /* The same prompt in the baseline: what the change is from. NULL = not there, or no baseline.
     */
    const struct record *baseline;
    uint16_t baseline_level, baseline_round;
};

void request_detail_make(struct request_detail *detail, struct bulk_cache *cache, struct ui *ui,
                         const struct request_row *row);
/* A header, a line for each round, and the change. Returns the rows used. */
int request_detail_times_rows(const struct request_detail *detail);
int request_detail_times(const struct request_detail *detail, struct ui *ui, struct canvas *canvas,
                         struct rect rect);
/* A bar for each. Returns the rows used. */
int request_detail_bars(const struct request_detail *detail, struct canvas *canvas,
                        struct rect rect);
/* "R2 190 ms, R1 241 ms: 1.3× faster; the median is 2.5×; 12 % was cached, 85 % of all prompts" */
void request_detail_says(const struct request_detail *detail, struct ui *ui, bool wide,
                         struct buffer *out);

#endif
