#include "telemetry/prometheus.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "telemetry/picks.h"
#include "telemetry/watch_list.h"

#define TIMEOUT_S     5.0
#define FRESH_NS      (1500 * NS_PER_MS) /* that a boundary waits for a Prometheus server */
#define BEHIND_SAID_S 5.0
#define LOOK_AGAIN    10 /* scrapes until what is absent is looked for again */

struct source {
    struct metrics_page page;
    bool answered, failing, behind_said, refused_said;
    bool look_again; /* something was added to what is wanted */
    uint32_t scrapes;
    uint32_t exposed;
};

struct prometheus {
    struct prometheus_settings settings;
    struct watch_list list;
    struct source *sources;
    pthread_t thread;
    _Atomic bool quit;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* an order, and what became of it */
    uint64_t ordered, served;
    enum reading_place place;
    uint16_t level, round;
    bool abandoned; /* nobody waits any more */
    bool succeeded;
    char **added; /* wishes that the thread has not taken yet */
    size_t added_count;

    /* the thread's own */
    uint16_t in_level, in_round; /* that periodic readings belong to */
    struct catalog names;        /* of all sources, for the nearest ones */
    bool complete;               /* each source has answered, or failed */
    bool untold;                 /* there are metrics that the sink does not know */
    uint32_t columns_told;
    struct reading *reading;
    uint32_t reading_capacity;
};

/* ---- one source ---- */

static void tell_source(struct prometheus *prometheus, uint32_t number,
                        const struct catalog *catalog)
{
    struct source *source = &prometheus->sources[number];
    struct buffer engine = {0};
    picks_engine(catalog, &engine);
    bool news = source->exposed == 0;
    source->exposed = catalog->count;
    struct metrics_source told = {.url = source->page.base,
                                  .format = (char *)(uintptr_t)page_kind_name(source->page.kind),
                                  .engine = engine.data ? engine.data : (char *)(uintptr_t) "",
                                  .interval_s = prometheus->settings.interval_s,
                                  .exposed = catalog->count};
    prometheus->settings.sink.source(prometheus->settings.sink.context, &told);
    if (news)
        log_info("metrics: %s%s%s, %u names, read every %g s", engine.size ? engine.data : "",
                 engine.size ? " at " : "", source->page.base, catalog->count,
                 prometheus->settings.interval_s);
    buffer_free(&engine);
}

/* Columns first: a metric refers to them. */
static void tell_columns(struct prometheus *prometheus)
{
    const struct prometheus_sink *sink = &prometheus->settings.sink;
    const struct columns *columns = &prometheus->list.columns;
    for (; prometheus->columns_told < columns->count; prometheus->columns_told++)
        sink->column(sink->context, prometheus->columns_told,
                     columns->columns[prometheus->columns_told].series);
}

static void say(const struct watch_item *item)
{
    const struct watched *watched = &item->watched;
    if (watched->hidden || !item->asked)
        return;
    if (watched->kind != WATCHED_ABSENT && watched->origin[0])
        log_info("metrics: %s is taken from %s", watched->key, watched->origin);
    else if (watched->kind == WATCHED_ABSENT && item->wishes[0].promql)
        log_warning("metrics: %s needs a Prometheus server; a page of metrics cannot answer it",
                    watched->key);
    else if (watched->kind == WATCHED_ABSENT && watched->origin[0])
        log_warning("metrics: %s is not exposed; nearest: %s", watched->key, watched->origin);
    else if (watched->kind == WATCHED_ABSENT)
        log_warning("metrics: %s is not exposed", watched->key);
}

static void tell_watched(struct prometheus *prometheus)
{
    const struct prometheus_sink *sink = &prometheus->settings.sink;
    struct buffer picked = {0};
    tell_columns(prometheus);
    for (uint32_t i = 0; i < prometheus->list.count; i++) {
        struct watch_item *item = &prometheus->list.items[i];
        bool absent = item->watched.kind == WATCHED_ABSENT;
        if (item->published || (absent && (!item->asked || !prometheus->complete)))
            continue;
        item->published = true;
        sink->watched(sink->context, &item->watched);
        say(item);
        if (!item->asked && !item->watched.hidden)
            buffer_printf(&picked, "%s%s", picked.size ? ", " : "", item->watched.title);
    }
    if (picked.size)
        log_info("metrics: auto watches %s", picked.data);
    buffer_free(&picked);
}

static bool all_answered(const struct prometheus *prometheus)
{
    for (uint32_t i = 0; i < prometheus->settings.target_count; i++)
        if (!prometheus->sources[i].answered && !prometheus->sources[i].failing)
            return false;
    return true;
}

/* Once every source was asked, what is absent is absent, and gets its nearest names. */
static void tell_found(struct prometheus *prometheus)
{
    if (!prometheus->complete && all_answered(prometheus)) {
        prometheus->complete = prometheus->untold = true;
    }
    if (prometheus->untold && prometheus->complete)
        watch_list_name_nearest(&prometheus->list, &prometheus->names);
    if (prometheus->untold)
        tell_watched(prometheus);
    prometheus->untold = false;
}

static void keep_names(struct prometheus *prometheus, const struct catalog *catalog)
{
    for (uint32_t i = 0; i < catalog->count; i++)
        catalog_add(&prometheus->names, text_of(catalog->entries[i].name),
                    catalog->entries[i].type);
    catalog_sort(&prometheus->names);
}

static bool look(struct prometheus *prometheus, uint32_t number, struct error *error)
{
    struct source *source = &prometheus->sources[number];
    struct catalog catalog = {0};
    bool ok = metrics_page_catalog(&source->page, &catalog, error);
    if (ok) {
        bool first = !source->answered;
        uint32_t found = watch_list_resolve(&prometheus->list, number, &source->page, &catalog,
                                            source->answered);
        source->answered = true;
        /* A Prometheus server may have begun to scrape only just now. */
        if (first || (found && catalog.count != source->exposed))
            tell_source(prometheus, number, &catalog);
        keep_names(prometheus, &catalog);
        prometheus->untold |= found > 0 || source->look_again;
        source->look_again = false;
    }
    catalog_free(&catalog);
    return ok;
}

static bool wants_look(const struct prometheus *prometheus, const struct source *source,
                       enum reading_place place)
{
    bool due = place == READING_AFTER || source->scrapes % LOOK_AGAIN == 0;
    return !source->answered || source->look_again ||
           (due && watch_list_incomplete(&prometheus->list));
}

/* ---- what a Prometheus server is asked for ---- */

struct question {
    const char **names, **expressions;
    struct page_query query;
};

static struct question ask_for(const struct prometheus *prometheus, uint32_t number)
{
    const struct watch_list *list = &prometheus->list;
    struct question question = {
        .names = xreallocarray(NULL, list->columns.count, sizeof *question.names),
        .expressions = xreallocarray(NULL, list->expression_count, sizeof *question.expressions)};
    size_t names = 0;
    for (uint32_t i = 0; i < list->columns.count; i++) {
        const struct column *column = &list->columns.columns[i];
        bool known =
            column->source != number || text_starts_with(text_of(column->name), "fluxperf:");
        for (size_t n = 0; n < names && !known; n++)
            known = strcmp(question.names[n], column->name) == 0;
        if (!known)
            question.names[names++] = column->name;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const struct watch_item *item = &list->items[i];
        if (item->wishes[0].promql && item->source >= 0)
            question.expressions[item->expression] = item->wishes[0].promql;
    }
    question.query = (struct page_query){.names = question.names,
                                         .name_count = names,
                                         .expressions = question.expressions,
                                         .expression_count = list->expression_count};
    return question;
}

static void question_free(struct question *question)
{
    free(question->names);
    free(question->expressions);
}

static void say_behind(struct source *source)
{
    if (source->behind_said || !(source->page.behind_s > BEHIND_SAID_S))
        return;
    source->behind_said = true;
    log_warning(
        "metrics: %s is %.0f s behind: figures at the ends of rounds are that old. Lower its "
        "scrape_interval, or give the server's own /metrics",
        source->page.base, source->page.behind_s);
}

static void say_refused(struct source *source)
{
    struct text rest = buffer_text(&source->page.refused), line;
    if (source->refused_said)
        return;
    while (text_next_line(&rest, &line)) {
        log_warning("metrics: %.*s", (int)line.size, line.data);
        source->refused_said = true;
    }
}

/* Fetches, looks around where that is due, and reads the columns. */
static bool scrape_source(struct prometheus *prometheus, uint32_t number, enum reading_place place,
                          struct error *error)
{
    struct source *source = &prometheus->sources[number];
    bool boundary = place == READING_BEFORE || place == READING_AFTER;
    uint32_t broken = 0;
    /* Names are known only after a first look: then a Prometheus server is asked for them. */
    bool ok = source->page.kind != PAGE_UNKNOWN || metrics_page_detect(&source->page, error);
    bool server = source->page.kind == PAGE_PROMETHEUS;
    if (ok && server && wants_look(prometheus, source, place))
        ok = look(prometheus, number, error);
    if (!ok)
        return false;
    struct question question = ask_for(prometheus, number);
    if (boundary) {
        question.query.fresh_wall_ns = wall_ns();
        question.query.until_ns = now_ns() + FRESH_NS;
    }
    ok = metrics_page_fetch(&source->page, &question.query, error);
    question_free(&question);
    if (ok && !server && wants_look(prometheus, source, place))
        ok = look(prometheus, number, error);
    if (ok) {
        columns_read(&prometheus->list.columns, number, buffer_text(&source->page.text), &broken);
        source->scrapes++;
        say_behind(source);
        say_refused(source);
    }
    return ok;
}

/* ---- a sweep over all of them ---- */

static void tell_failure(struct prometheus *prometheus, struct source *source, uint64_t at_ns,
                         const struct error *error)
{
    const struct prometheus_sink *sink = &prometheus->settings.sink;
    struct error whole = *error;
    error_prefix(&whole, "%s", source->page.url);
    sink->failure(sink->context, at_ns, whole.text);
    if (!source->failing)
        log_warning("metrics: cannot read %s; the run goes on without it", whole.text);
    source->failing = true;
}

static void tell_reading(struct prometheus *prometheus, uint64_t at_ns, enum reading_place place)
{
    const struct prometheus_sink *sink = &prometheus->settings.sink;
    const struct columns *columns = &prometheus->list.columns;
    if (columns->count > prometheus->reading_capacity) {
        prometheus->reading_capacity = columns->count;
        prometheus->reading = xrealloc(prometheus->reading, sizeof *prometheus->reading +
                                                                columns->count * sizeof(double));
    }
    if (!prometheus->reading)
        prometheus->reading = xcalloc(1, sizeof *prometheus->reading);
    struct reading *reading = prometheus->reading;
    *reading = (struct reading){.at_ns = at_ns - prometheus->settings.origin_ns,
                                .took_ns = now_ns() - at_ns,
                                .level = prometheus->in_level,
                                .round = prometheus->in_round,
                                .place = (uint8_t)place,
                                .count = columns->count};
    for (uint32_t i = 0; i < columns->count; i++)
        reading->values[i] = columns_value(columns, i);
    sink->reading(sink->context, reading);
}

static void take_added(struct prometheus *prometheus)
{
    pthread_mutex_lock(&prometheus->lock);
    for (size_t i = 0; i < prometheus->added_count; i++) {
        watch_list_add(&prometheus->list, prometheus->added[i], NULL);
        free(prometheus->added[i]);
    }
    for (uint32_t i = 0; prometheus->added_count && i < prometheus->settings.target_count; i++)
        prometheus->sources[i].look_again = true;
    prometheus->added_count = 0;
    pthread_mutex_unlock(&prometheus->lock);
}

/* False when no source could be read. */
static bool sweep(struct prometheus *prometheus, enum reading_place *place)
{
    uint64_t at_ns = now_ns();
    bool any = false;
    take_added(prometheus);
    columns_clear(&prometheus->list.columns);
    for (uint32_t i = 0; i < prometheus->settings.target_count; i++) {
        struct source *source = &prometheus->sources[i];
        struct error error = {0};
        if (scrape_source(prometheus, i, *place, &error)) {
            if (source->failing)
                log_info("metrics: %s can be read again", source->page.url);
            source->failing = false;
            any = true;
        } else if (!atomic_load(&prometheus->quit)) {
            tell_failure(prometheus, source, at_ns - prometheus->settings.origin_ns, &error);
        }
    }
    if (!any)
        return false;
    tell_found(prometheus);
    pthread_mutex_lock(&prometheus->lock);
    if (*place == READING_BEFORE && prometheus->abandoned)
        *place = READING_DURING;
    pthread_mutex_unlock(&prometheus->lock);
    tell_reading(prometheus, at_ns, *place);
    return true;
}

/* ---- the thread ---- */

/* Until there is an order, the time has come, or it is to quit. True for an order. Under the lock.
 */
static bool wait_for_work(struct prometheus *prometheus, uint64_t due_ns)
{
    while (!atomic_load(&prometheus->quit) && prometheus->ordered == prometheus->served &&
           now_ns() < due_ns) {
        struct timespec until = clock_deadline(due_ns);
        pthread_cond_timedwait(&prometheus->changed, &prometheus->lock, &until);
    }
    return prometheus->ordered != prometheus->served;
}

static void serve(struct prometheus *prometheus)
{
    uint64_t number = prometheus->ordered;
    enum reading_place place = prometheus->place;
    prometheus->in_level = prometheus->level;
    prometheus->in_round = prometheus->round;
    pthread_mutex_unlock(&prometheus->lock);
    bool ok = sweep(prometheus, &place);
    pthread_mutex_lock(&prometheus->lock);
    if (place == READING_AFTER)
        prometheus->in_level = prometheus->in_round = 0;
    prometheus->succeeded = ok;
    prometheus->served = number;
    pthread_cond_broadcast(&prometheus->changed);
}

static void *prometheus_main(void *argument)
{
    struct prometheus *prometheus = argument;
    uint64_t interval_ns = (uint64_t)(prometheus->settings.interval_s * 1e9);
    uint64_t due_ns = now_ns() + interval_ns;
    pthread_mutex_lock(&prometheus->lock);
    while (!atomic_load(&prometheus->quit)) {
        if (wait_for_work(prometheus, due_ns)) {
            serve(prometheus);
            continue;
        }
        if (now_ns() < due_ns)
            continue;
        enum reading_place place = prometheus->in_round ? READING_DURING : READING_BETWEEN;
        pthread_mutex_unlock(&prometheus->lock);
        sweep(prometheus, &place);
        pthread_mutex_lock(&prometheus->lock);
        /* On the grid of the first one; what was missed while a scrape took long is missed. */
        while (due_ns <= now_ns())
            due_ns += interval_ns;
    }
    pthread_mutex_unlock(&prometheus->lock);
    return NULL;
}

bool prometheus_scrape(struct prometheus *prometheus, enum reading_place place, uint16_t level,
                       uint16_t round, double most_s)
{
    struct timespec until = clock_deadline(now_ns() + (uint64_t)(most_s * 1e9));
    pthread_mutex_lock(&prometheus->lock);
    uint64_t number = ++prometheus->ordered;
    prometheus->place = place;
    prometheus->level = level;
    prometheus->round = round;
    prometheus->abandoned = false;
    pthread_cond_broadcast(&prometheus->changed);
    int timed_out = 0;
    while (prometheus->served < number && timed_out == 0)
        timed_out = pthread_cond_timedwait(&prometheus->changed, &prometheus->lock, &until);
    prometheus->abandoned = prometheus->served < number;
    bool ok = !prometheus->abandoned && prometheus->succeeded;
    pthread_mutex_unlock(&prometheus->lock);
    return ok;
}

bool prometheus_add(struct prometheus *prometheus, const char *text, struct error *error)
{
    struct wish wish;
    if (!wish_parse(&wish, text_of(text), error))
        return false;
    wish_free(&wish);
    pthread_mutex_lock(&prometheus->lock);
    prometheus->added =
        xreallocarray(prometheus->added, prometheus->added_count + 1, sizeof *prometheus->added);
    prometheus->added[prometheus->added_count++] = xstrdup(text);
    pthread_mutex_unlock(&prometheus->lock);
    return true;
}

struct prometheus *prometheus_new(const struct prometheus_settings *settings, struct error *error)
{
    struct prometheus *prometheus = xcalloc(1, sizeof *prometheus);
    prometheus->settings = *settings;
    if (!watch_list_init(&prometheus->list, settings->metrics, settings->metric_count, error)) {
        free(prometheus);
        return NULL;
    }
    prometheus->sources = xcalloc(settings->target_count, sizeof *prometheus->sources);
    for (uint32_t i = 0; i < settings->target_count; i++) {
        const struct prometheus_target *target = &settings->targets[i];
        struct metrics_page *page = &prometheus->sources[i].page;
        metrics_page_init(page, target->url, target->http, target->headers, TIMEOUT_S);
        http_client_stop_by(page->client, &prometheus->quit);
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&prometheus->lock, NULL);
    pthread_cond_init(&prometheus->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&prometheus->thread, NULL, prometheus_main, prometheus) != 0)
        die("cannot start the sampler thread");
    pthread_setname_np(prometheus->thread, "sampler");
    return prometheus;
}

void prometheus_delete(struct prometheus *prometheus)
{
    if (!prometheus)
        return;
    pthread_mutex_lock(&prometheus->lock);
    atomic_store(&prometheus->quit, true);
    pthread_cond_broadcast(&prometheus->changed);
    pthread_mutex_unlock(&prometheus->lock);
    pthread_join(prometheus->thread, NULL);
    for (uint32_t i = 0; i < prometheus->settings.target_count; i++)
        metrics_page_free(&prometheus->sources[i].page);
    free(prometheus->sources);
    free(prometheus->reading);
    for (size_t i = 0; i < prometheus->added_count; i++)
        free(prometheus->added[i]);
    free(prometheus->added);
    catalog_free(&prometheus->names);
    watch_list_free(&prometheus->list);
    pthread_cond_destroy(&prometheus->changed);
    pthread_mutex_destroy(&prometheus->lock);
    free(prometheus);
}
