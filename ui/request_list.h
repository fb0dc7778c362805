/* The requests of a level that pass a filter, in an order: an index, made once for each change and
 * not for each frame. */
#ifndef UI_REQUEST_LIST_H
#define UI_REQUEST_LIST_H

#include "ui/filter.h"
#include "ui/view.h"

enum request_preset {
    PRESET_ALL,
    PRESET_FAILED,
    PRESET_SLO,  /* missed it */
    PRESET_SLOW, /* beyond P90 of TTFT or latency in its round */
    PRESET_FLYING,
    PRESET_COUNT
};

const char *request_preset_name(enum request_preset preset);

/* What a list is made by; a change of any of these makes it anew. */
struct request_order {
    uint16_t level;
    uint8_t preset; /* enum request_preset */
    uint8_t value;  /* enum request_value, sorted by */
    bool highest_first;
    char filter[128];
};

/* Where a request is found again. */
struct request_place {
    double key;
    uint32_t at; /* in the records of its round, or in the flights */
    uint16_t round;
    bool flying;
};

/* The records of a round by the index of their request. */
struct request_map {
    struct request_known {
        uint32_t index, at;
    } * known;
    uint32_t count;
};

struct request_list {
    const struct run *run;
    const struct level *level;
    struct request_order order;
    struct filter filter;
    struct error filter_error; /* of order.filter; then it filters nothing */
    struct request_place *places;
    uint32_t count, capacity;
    uint32_t all; /* before filter and preset */
    struct flight *flights;
    uint32_t flight_count;
    uint16_t flight_round;
    struct request_map *maps; /* one a round */
    uint32_t map_count;
    uint32_t releases; /* of the run, when it was made */
    struct request_back {
        uint16_t round;
        const struct record *records;
        uint32_t count;
    } back; /* a round of the level that memory has let go: its records, read back; round 0 = none
             */
    struct remake remake;
};

/* Brings the list up to date with the level of that number. While records come in it is made anew
 * at most twice a second, and never for more than a small share of the time. */
void request_list_update(struct request_list *list, struct ui *ui, const struct level *level,
                         const struct request_order *order);
/* From then on these are the records of that round, which the caller keeps until it puts others.
 * Places in the list hold again after the next update. */
void request_list_put_back(struct request_list *list, const struct request_back *back);
void request_list_free(struct request_list *list);

struct request_row request_list_row(const struct request_list *list, uint32_t at, uint64_t now_ns);
/* The request of that index in a round; NULL when it has no record there. */
const struct record *request_list_find(const struct request_list *list, uint16_t round,
                                       uint32_t index);
/* Where in the list it stands; the list's count when it does not. */
uint32_t request_list_search(const struct request_list *list, uint16_t round, uint32_t index);

#endif
