#include "ui/request_list.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

const char *request_preset_name(enum request_preset preset)
{
    static const char *const names[PRESET_COUNT] = {
        [PRESET_ALL] = "all",   [PRESET_FAILED] = "failed",    [PRESET_SLO] = "missed SLO",
        [PRESET_SLOW] = "slow", [PRESET_FLYING] = "in flight",
    };
    return names[preset];
}

/* ---- the records of a round ---- */

struct records {
    const struct record *at;
    uint32_t count;
};

static struct records records_of(const struct request_list *list, const struct round *round)
{
    if (round->number == list->back.round && round->kept)
        return (struct records){list->back.records, list->back.count};
    return (struct records){round->records, round_record_count(round)};
}

static const struct record *record_at(const struct request_list *list, const struct round *round,
                                      uint32_t at)
{
    return records_of(list, round).at + at;
}

/* ---- finding a request in another round ---- */

static int by_index(const void *left, const void *right)
{
    const struct request_known *a = left, *b = right;
    return (a->index > b->index) - (a->index < b->index);
}

static void make_map(struct request_map *map, struct records records)
{
    uint32_t count = records.count;
    if (count == map->count)
        return;
    map->known = xreallocarray(map->known, count, sizeof *map->known);
    map->count = count;
    bool sorted = true;
    for (uint32_t i = 0; i < count; i++) {
        map->known[i] = (struct request_known){records.at[i].index, i};
        sorted = sorted && (i == 0 || map->known[i - 1].index < map->known[i].index);
    }
    if (!sorted)
        qsort(map->known, count, sizeof *map->known, by_index);
}

static void make_maps(struct request_list *list)
{
    uint32_t rounds = atomic_load_explicit(&list->level->round_count, memory_order_acquire);
    if (rounds > list->map_count) {
        list->maps = xreallocarray(list->maps, rounds, sizeof *list->maps);
        for (; list->map_count < rounds; list->map_count++)
            list->maps[list->map_count] = (struct request_map){0};
    }
    for (uint32_t i = 0; i < rounds; i++)
        make_map(&list->maps[i], records_of(list, &list->level->rounds[i]));
}

const struct record *request_list_find(const struct request_list *list, uint16_t round,
                                       uint32_t index)
{
    if (round == 0 || round > list->map_count)
        return NULL;
    const struct request_map *map = &list->maps[round - 1];
    struct request_known key = {.index = index};
    const struct request_known *found =
        map->count ? bsearch(&key, map->known, map->count, sizeof key, by_index) : NULL;
    return found ? record_at(list, &list->level->rounds[round - 1], found->at) : NULL;
}

/* ---- rows ---- */

static struct request_row row_at(const struct request_list *list, const struct request_place *place,
                                 uint64_t now_ns)
{
    const struct round *round = &list->level->rounds[place->round - 1];
    struct request_row row = {
        .run = list->run, .level = list->level, .round = round, .now_ns = now_ns};
    uint32_t index;
    if (place->flying) {
        row.flight = &list->flights[place->at];
        index = row.flight->request;
    } else {
        row.record = record_at(list, round, place->at);
        index = row.record->index;
    }
    uint16_t other = place->round > 1 ? 1 : (uint16_t)list->map_count;
    if (other != place->round)
        row.other = request_list_find(list, other, index);
    return row;
}

struct request_row request_list_row(const struct request_list *list, uint32_t at, uint64_t now_ns)
{
    return row_at(list, &list->places[at], now_ns);
}

uint32_t request_list_search(const struct request_list *list, uint16_t round, uint32_t index)
{
    uint32_t at = 0;
    for (; at < list->count; at++) {
        const struct request_place *place = &list->places[at];
        if (place->round != round)
            continue;
        const struct record *records = records_of(list, &list->level->rounds[round - 1]).at;
        if ((place->flying ? list->flights[place->at].request : records[place->at].index) == index)
            break;
    }
    return at;
}

/* ---- making ---- */

struct slow {
    double ttft_ms, latency_ms;
};

static struct slow slow_of(struct ui *ui, const struct level *level, const struct round *round)
{
    const struct summary *summary = ui_summary(ui, level, round);
    return (struct slow){summary->metrics[METRIC_TTFT].p90 / NS_PER_MS,
                         summary->metrics[METRIC_LATENCY].p90 / NS_PER_MS};
}

static bool preset_holds(enum request_preset preset, const struct request_row *row,
                         const struct slow *slow)
{
    switch (preset) {
    case PRESET_FAILED:
        return row->record && !record_succeeded(row->record);
    case PRESET_SLO:
        return request_missed(row) != NULL;
    case PRESET_SLOW:
        return request_value(row, VALUE_TTFT) > slow->ttft_ms ||
               request_value(row, VALUE_LATENCY) > slow->latency_ms;
    case PRESET_FLYING:
        return row->flight != NULL;
    case PRESET_ALL:
    case PRESET_COUNT:
        break;
    }
    return true;
}

static void add(struct request_list *list, struct request_place place, const struct slow *slow,
                uint64_t now_ns)
{
    struct request_row row = row_at(list, &place, now_ns);
    list->all++;
    if (!preset_holds(list->order.preset, &row, slow) || !filter_holds(&list->filter, &row))
        return;
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 1024;
        list->places = xreallocarray(list->places, list->capacity, sizeof *list->places);
    }
    place.key = request_value(&row, (enum request_value)list->order.value);
    /* What has no value stands last in both orders. */
    if (isnan(place.key))
        place.key = (double)INFINITY;
    else if (list->order.highest_first)
        place.key = -place.key;
    list->places[list->count++] = place;
}

static int by_key(const void *left, const void *right)
{
    const struct request_place *a = left, *b = right;
    if (a->key < b->key || a->key > b->key)
        return a->key < b->key ? -1 : 1;
    if (a->round != b->round)
        return a->round < b->round ? -1 : 1;
    if (a->flying != b->flying)
        return a->flying ? 1 : -1;
    return (a->at > b->at) - (a->at < b->at);
}

static void take_flights(struct request_list *list, struct ui *ui)
{
    list->flight_count = 0;
    list->flight_round = 0;
    if (!ui->benchmark || !ui->live || ui->live->level != list->level->number ||
        ui->live->round == 0 || ui->live->round > list->map_count)
        return;
    if (!list->flights)
        list->flights = xreallocarray(NULL, IN_FLIGHT_MAX, sizeof *list->flights);
    list->flight_count = live_copy_in_flight(&ui->benchmark->live, list->flights, IN_FLIGHT_MAX);
    list->flight_round = ui->live->round;
}

static void make(struct request_list *list, struct ui *ui)
{
    list->count = list->all = 0;
    make_maps(list);
    take_flights(list, ui);
    for (uint32_t r = 0; r < list->map_count; r++) {
        const struct round *round = &list->level->rounds[r];
        struct slow slow = {0};
        if (list->order.preset == PRESET_SLOW)
            slow = slow_of(ui, list->level, round);
        for (uint32_t i = 0; i < list->maps[r].count; i++)
            add(list, (struct request_place){.at = i, .round = round->number}, &slow, ui->now_ns);
        if (round->number != list->flight_round)
            continue;
        for (uint32_t i = 0; i < list->flight_count; i++)
            /* It may have ended since the copy was made of the records. */
            if (!request_list_find(list, round->number, list->flights[i].request))
                add(list, (struct request_place){.at = i, .round = round->number, .flying = true},
                    &slow, ui->now_ns);
    }
    if (list->count)
        qsort(list->places, list->count, sizeof *list->places, by_key);
}

static bool changed(const struct request_list *list)
{
    uint32_t rounds = atomic_load_explicit(&list->level->round_count, memory_order_acquire);
    if (rounds != list->map_count || list->flight_count)
        return true;
    for (uint32_t i = 0; i < rounds; i++)
        if (records_of(list, &list->level->rounds[i]).count != list->maps[i].count)
            return true;
    return false;
}

static void forget_maps(struct request_list *list)
{
    for (uint32_t i = 0; i < list->map_count; i++)
        free(list->maps[i].known);
    free(list->maps);
    list->maps = NULL;
    list->map_count = 0;
}

static bool same_order(const struct request_order *a, const struct request_order *b)
{
    return a->level == b->level && a->preset == b->preset && a->value == b->value &&
           a->highest_first == b->highest_first && strcmp(a->filter, b->filter) == 0;
}

void request_list_update(struct request_list *list, struct ui *ui, const struct level *level,
                         const struct request_order *order)
{
    /* Where records were let go, places in them are nothing. */
    bool asked = !list->remake.made || list->run != ui->run || list->level != level ||
                 list->releases != ui->run->releases || !same_order(&list->order, order);
    bool running = ui->live && ui->live->level == level->number;
    if (!asked && (ui->now_ns < list->remake.due_ns || !(changed(list) || running)))
        return;
    if (list->run != ui->run || list->level != level)
        forget_maps(list);
    list->run = ui->run;
    list->level = level;
    list->releases = ui->run->releases;
    if (asked) {
        list->order = *order;
        list->filter_error.text[0] = '\0';
        filter_parse(&list->filter, order->filter, &list->filter_error);
    }
    list->remake.began_ns = now_ns();
    make(list, ui);
    remake_end(&list->remake, ui);
}

void request_list_put_back(struct request_list *list, const struct request_back *back)
{
    list->back = *back;
    list->count = 0;
    list->remake.made = false;
}

void request_list_free(struct request_list *list)
{
    forget_maps(list);
    free(list->places);
    free(list->flights);
    *list = (struct request_list){0};
}
