#include "result/journal_line.h"

#include <stdlib.h>

#include "result/journal_field.h"
#include "result/record_history.h"
#include "result/round_kept.h"

/* A file may say what it likes; nobody plans more rounds of a level than this. */
#define ROUNDS_PLANNED_MAX 10000
/* Each has room for all the passes it may ever make. */
#define FREE_RUNS_MAX 64

/* Passes the rest of a line whose keys are all known by now, or not wanted. */
static bool skip_rest(struct json_scan *scan, struct field_table table, void *object)
{
    struct text key;
    while (fields_read(scan, table, object, &key))
        json_skip(scan);
    return json_scan_done(scan);
}

static bool read_number(struct json_scan *scan, uint16_t *number)
{
    int64_t value;
    if (!json_scan_int64(scan, &value) || value < 0 || value > UINT16_MAX)
        return false;
    *number = (uint16_t)value;
    return true;
}

static bool read_run(struct reader *reader, struct json_scan *scan, struct error *error)
{
    if (reader->run)
        return error_set(error, "a second run in one journal");
    struct run *run = run_new();
    if (!skip_rest(scan, journal_run_fields, run)) {
        run_free(run);
        return false;
    }
    reader->run = run;
    return true;
}

static bool read_dataset(struct reader *reader, struct json_scan *scan, struct error *error)
{
    struct run_dataset read = {0};
    struct text key;
    uint16_t number = 0;
    bool ok = true;
    while (ok && fields_read(scan, journal_dataset_fields, &read, &key))
        ok = text_is(key, "dataset") ? read_number(scan, &number) : json_skip(scan);
    ok = ok && json_scan_done(scan);
    if (ok && run_add_dataset(reader->run, read.name ? read.name : "-", read.hash) != number)
        ok = error_set(error, "dataset %u does not follow the one before", number);
    run_dataset_free_owned(&read);
    return ok;
}

static bool read_prompt(struct reader *reader, struct json_scan *scan, struct error *error)
{
    static const struct field fields[] = {
        {"row", FIELD_U32, offsetof(struct prompt, row), 0},
        {"turn", FIELD_U16, offsetof(struct prompt, turn), 0},
        {"session_id", FIELD_STRING, offsetof(struct prompt, session_id), 0},
        {"text", FIELD_STRING, offsetof(struct prompt, text), 0},
    };
    struct field_table table = {fields, ARRAY_SIZE(fields)};
    struct prompt prompt = {.turn = 1};
    struct text key;
    uint16_t number = 0;
    bool ok = true;
    while (ok && fields_read(scan, table, &prompt, &key))
        ok = text_is(key, "dataset") ? read_number(scan, &number) : json_skip(scan);
    ok = ok && json_scan_done(scan);
    if (ok && number > reader->run->other_count)
        ok = error_set(error, "a prompt of dataset %u, which did not come", number);
    if (ok) {
        struct run *run = reader->run;
        struct text none = {NULL, 0};
        run_dataset_add(number ? run->others[number - 1] : &run->dataset, prompt.row, prompt.turn,
                        prompt.session_id, prompt.text ? text_of(prompt.text) : none);
    }
    free(prompt.session_id);
    free(prompt.text);
    return ok;
}

static unsigned count_free_runs(const struct run *run)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < run->level_count; i++)
        count += run->levels[i]->free_run;
    return count;
}

static bool read_level(struct reader *reader, struct json_scan *scan, struct error *error)
{
    struct level read = {0};
    bool ok = skip_rest(scan, journal_level_fields, &read);
    if (ok && (read.number == 0 || run_find_level(reader->run, read.number)))
        ok = error_set(error, "a second level %u", read.number);
    if (ok && read.number > RUN_LEVELS_MAX)
        ok = error_set(error, "level %u: a run has at most %d", read.number, RUN_LEVELS_MAX);
    if (ok && read.free_run && count_free_runs(reader->run) == FREE_RUNS_MAX)
        ok = error_set(error, "more than %d levels that run freely", FREE_RUNS_MAX);
    if (ok && read.rounds_planned > ROUNDS_PLANNED_MAX)
        ok = error_set(error, "level %u plans %u rounds", read.number, read.rounds_planned);
    if (ok && read.dataset > reader->run->other_count)
        ok = error_set(error, "level %u is of dataset %u, which did not come", read.number,
                       read.dataset);
    if (!ok) {
        free(read.note);
        free(read.options_json);
        return false;
    }
    struct level *level =
        run_add_level(reader->run, read.concurrency, read.rate, read.samples, read.rounds_planned);
    if (!level) {
        free(read.note);
        free(read.options_json);
        return error_set(error, "more than %d levels", RUN_LEVELS_MAX);
    }
    level->number = read.number;
    level->note = read.note;
    level->dataset = read.dataset;
    level->options_json = read.options_json;
    run_settle_level(reader->run, level);
    memcpy(level->label, read.label, sizeof level->label);
    memcpy(level->cold_start, read.cold_start, sizeof level->cold_start);
    memcpy(level->salt, read.salt, sizeof level->salt);
    memcpy(level->tokenizer, read.tokenizer, sizeof level->tokenizer);
    level->cut_requests = read.cut_requests;
    level->until_steady = read.until_steady;
    if (read.free_run)
        level_set_free_run(level);
    return true;
}

static struct level *need_level(struct reader *reader, uint16_t number, struct error *error)
{
    struct level *level = run_find_level(reader->run, number);
    if (!level)
        error_set(error, "level %u was not begun", number);
    return level;
}

static struct round *need_round(struct reader *reader, uint16_t level_number, uint16_t number,
                                struct error *error)
{
    struct level *level = need_level(reader, level_number, error);
    struct round *round = level ? level_find_round(level, number) : NULL;
    if (level && !round)
        error_set(error, "round %u of level %u was not begun", number, level_number);
    return round;
}

static bool read_segment_object(struct json_scan *scan, struct segment *segment)
{
    struct text key;
    if (!json_enter_object(scan))
        return false;
    while (fields_read(scan, journal_segment_fields, segment, &key))
        json_skip(scan);
    return !scan->failed;
}

static bool read_round(struct reader *reader, struct json_scan *scan, struct error *error)
{
    struct round read = {0};
    struct segment segment = {0};
    uint16_t level_number = 0;
    bool has_segment = false;
    struct text key;
    while (fields_read(scan, journal_round_fields, &read, &key)) {
        bool ok = true;
        if (text_is(key, "level"))
            ok = read_number(scan, &level_number);
        else if (text_is(key, "segment"))
            ok = has_segment = read_segment_object(scan, &segment);
        else
            json_skip(scan);
        if (!ok)
            return false;
    }
    if (!json_scan_done(scan))
        return false;
    struct level *level = need_level(reader, level_number, error);
    if (!level)
        return false;
    /* Room for records is made as they come: what the file says was planned may be any number. */
    struct round *round =
        read.number == level->round_count + 1 ? level_add_round(level, 0, read.start_ns) : NULL;
    if (!round)
        return error_set(error, "round %u of level %u was not planned", read.number, level->number);
    round->counts.planned = read.counts.planned;
    round->after_reset = read.after_reset;
    round->first_change = changes_count(&reader->run->changes);
    memcpy(round->salt, read.salt, sizeof round->salt);
    if (has_segment)
        round->segments[0] = segment;
    run_tell_round_began(reader->run, level, round);
    return true;
}

/* Room doubles at each power of two, so the count alone tells where. */
static void make_room(struct round *round)
{
    uint32_t count = round->record_count;
    if ((count & (count - 1)) == 0)
        round->records =
            xreallocarray(round->records, count ? (size_t)count * 2 : 1, sizeof *round->records);
}

static bool add_record(struct reader *reader, struct record *record, struct error *error)
{
    struct round *round = need_round(reader, record->level, record->round, error);
    if (!round)
        return false;
    make_room(round);
    record->journal_offset = reader->line_offset;
    record->chunk_us = reader->chunks.us;
    record->chunk_count = reader->chunks.count;
    history_lock(reader->run->history);
    record_add_to_history(record, reader->run->history);
    history_unlock(reader->run->history);
    struct record *stored = round_add_record(round, record);
    if (!stored)
        return error_set(error, "more requests than round %u of level %u planned", record->round,
                         record->level);
    stored->chunk_us = NULL;
    stored->chunk_count = 0;
    return true;
}

bool journal_parse_request(struct json_scan *scan, struct record *record,
                           struct chunk_times *chunks)
{
    *record = (struct record){.turn = 1,
                              .attempts = 1,
                              .prompt_tokens = TOKENS_UNKNOWN,
                              .completion_tokens = TOKENS_UNKNOWN,
                              .cached_tokens = TOKENS_UNKNOWN,
                              .reasoning_tokens = TOKENS_UNKNOWN};
    struct text key;
    bool ok = true;
    chunks->count = 0;
    while (ok && fields_read(scan, journal_record_fields, record, &key)) {
        if (text_is(key, "chunk_us"))
            ok = chunk_times_read(chunks, scan);
        else
            ok = json_skip(scan);
    }
    return ok && json_scan_done(scan);
}

static bool read_request(struct reader *reader, struct json_scan *scan, struct error *error)
{
    struct record record;
    bool ok =
        journal_parse_request(scan, &record, &reader->chunks) && add_record(reader, &record, error);
    if (!ok)
        free(record.error_text);
    return ok;
}

static bool read_segment(struct reader *reader, struct json_scan *scan, struct error *error)
{
    struct segment segment = {0};
    uint16_t level_number = 0, round_number = 0;
    struct field label = {"label", FIELD_CHARS, offsetof(struct level, label),
                          sizeof((struct level){0}.label)};
    struct level relabelled = {0};
    struct text key;
    bool ok = true;
    while (ok && fields_read(scan, journal_segment_fields, &segment, &key)) {
        if (text_is(key, "level"))
            ok = read_number(scan, &level_number);
        else if (text_is(key, "round"))
            ok = read_number(scan, &round_number);
        else if (text_is(key, "label"))
            ok = field_read(scan, &label, &relabelled);
        else
            ok = json_skip(scan);
    }
    if (!ok || !json_scan_done(scan))
        return false;
    struct round *round = need_round(reader, level_number, round_number, error);
    if (!round)
        return false;
    round_add_segment(round, segment.start_ns, segment.concurrency, segment.rate);
    struct level *level = run_find_level(reader->run, level_number);
    memcpy(level->label, relabelled.label, sizeof level->label);
    run_tell_load(reader->run, level, round);
    return true;
}

static void let_go(struct run *run, const struct level *level, uint64_t now_ns)
{
    run_release_records(run, level, now_ns);
    run_hold_alone(run);
    run_release_readings(run, level, now_ns);
    run_let_go(run);
}

static bool read_round_end(struct reader *reader, struct json_scan *scan, struct error *error)
{
    struct round read = {0};
    uint16_t level_number = 0;
    struct text key;
    bool ok = true;
    while (ok && fields_read(scan, journal_round_end_fields, &read, &key))
        ok = text_is(key, "level") ? read_number(scan, &level_number) : json_skip(scan);
    if (!ok || !json_scan_done(scan))
        return false;
    struct round *round = need_round(reader, level_number, read.number, error);
    if (!round)
        return false;
    round->end_ns = read.end_ns;
    round->paused_ns = read.paused_ns;
    round->counts = read.counts;
    round->interrupted = read.interrupted;
    round->health = read.health;
    round->ended = true;
    run_tell_round_ended(reader->run, run_find_level(reader->run, level_number), round);
    history_lock(reader->run->history);
    history_advance(reader->run->history, read.end_ns);
    history_unlock(reader->run->history);
    if (reader->lets_go)
        let_go(reader->run, run_find_level(reader->run, level_number), read.end_ns);
    return true;
}

static bool read_change(struct reader *reader, struct json_scan *scan, struct error *error)
{
    (void)error;
    struct change change = {0};
    bool ok = skip_rest(scan, journal_change_fields, &change);
    if (ok)
        run_add_change(reader->run, &change);
    change_free_owned(&change);
    return ok;
}

static bool read_slo(struct reader *reader, struct json_scan *scan, struct error *error)
{
    (void)error;
    return skip_rest(scan, journal_slo_fields, reader->run);
}

struct hide_line {
    uint64_t at_ns;
    uint16_t level;
    bool hidden;
};

static bool read_hide(struct reader *reader, struct json_scan *scan, struct error *error)
{
    static const struct field fields[] = {
        {"at_ns", FIELD_U64, offsetof(struct hide_line, at_ns), 0},
        {"level", FIELD_U16, offsetof(struct hide_line, level), 0},
        {"hidden", FIELD_BOOL, offsetof(struct hide_line, hidden), 0},
    };
    struct hide_line line = {.hidden = true};
    if (!skip_rest(scan, (struct field_table){fields, ARRAY_SIZE(fields)}, &line))
        return false;
    struct level *level = need_level(reader, line.level, error);
    if (!level)
        return false;
    level->hidden = line.hidden;
    run_tell_hidden(reader->run, level, line.at_ns);
    return true;
}

static bool read_baseline(struct reader *reader, struct json_scan *scan, struct error *error)
{
    (void)error;
    static const struct field at = {"at_ns", FIELD_U64, 0, 0};
    struct baseline_choice choice = {0};
    uint64_t at_ns = 0;
    struct text key;
    bool ok = true;
    while (ok && fields_read(scan, journal_baseline_fields, &choice, &key))
        ok = text_is(key, at.key) ? field_read(scan, &at, &at_ns) : json_skip(scan);
    ok = ok && json_scan_done(scan);
    if (ok) {
        run_set_baseline(reader->run, &choice);
        run_tell_baseline(reader->run, at_ns);
    }
    free(choice.directory);
    return ok;
}

static bool read_steady(struct reader *reader, struct json_scan *scan, struct error *error)
{
    uint16_t numbers[3] = {0}; /* level, from, rounds */
    static const char *const keys[] = {"level", "from", "rounds"};
    uint64_t at_ns = 0;
    struct field at = {"at_ns", FIELD_U64, 0, 0};
    struct text key;
    bool ok = true;
    while (ok && fields_read(scan, (struct field_table){&at, 1}, &at_ns, &key)) {
        size_t i = 0;
        while (i < ARRAY_SIZE(keys) && !text_is(key, keys[i]))
            i++;
        ok = i < ARRAY_SIZE(keys) ? read_number(scan, &numbers[i]) : json_skip(scan);
    }
    if (!ok || !json_scan_done(scan))
        return false;
    struct level *level = need_level(reader, numbers[0], error);
    if (!level)
        return false;
    if (numbers[2] != level->round_count || numbers[1] == 0 || numbers[1] > numbers[2])
        return error_set(error, "level %u is steady from round %u of %u, but it has %u", numbers[0],
                         numbers[1], numbers[2], level->round_count);
    level->rounds_planned = numbers[2];
    level->steady_from = numbers[1];
    run_tell_steady(reader->run, level, at_ns);
    return true;
}

static bool read_run_end(struct reader *reader, struct json_scan *scan, struct error *error)
{
    (void)error;
    static const struct field reason = {"reason", FIELD_STRING, offsetof(struct run, end_reason),
                                        0};
    struct field_table table = {&reason, 1};
    uint64_t at_ns = 0;
    struct field at = {"at_ns", FIELD_U64, 0, 0};
    struct text key;
    bool ok = true;
    while (ok && fields_read(scan, table, reader->run, &key))
        ok = text_is(key, "at_ns") ? field_read(scan, &at, &at_ns) : json_skip(scan);
    if (!ok || !json_scan_done(scan))
        return false;
    run_tell_end(reader->run, at_ns, reader->run->end_reason);
    return true;
}

static const struct {
    const char *type;
    journal_line_reader *read;
} line_types[] = {
    {"request", read_request},
    {"sample", journal_read_sample},
    {"now", journal_read_now},
    {"prompt", read_prompt},
    {"dataset", read_dataset},
    {"level", read_level},
    {"round", read_round},
    {"segment", read_segment},
    {"round_end", read_round_end},
    {"steady", read_steady},
    {"metrics", journal_read_metrics},
    {"column", journal_read_column},
    {"metric", journal_read_metric},
    {"change", read_change},
    {"baseline", read_baseline},
    {"hide", read_hide},
    {"run_end", read_run_end},
    {"run", read_run},
    {"slo", read_slo},
};

bool journal_read_line(struct reader *reader, struct text line, struct error *error)
{
    struct json_scan scan = json_scan_begin(line);
    struct text key, type;
    error_set(error, "not a line of a journal");
    if (!json_enter_object(&scan) || !json_next_key(&scan, &key) || !text_is(key, "type") ||
        !json_scan_string(&scan, &type))
        return false;
    if (!reader->run && !text_is(type, "run"))
        return error_set(error, "begins with '%.*s', where a run should begin",
                         (int)(type.size > 40 ? 40 : type.size), type.data);
    for (size_t i = 0; i < ARRAY_SIZE(line_types); i++) {
        if (!text_is(type, line_types[i].type))
            continue;
        bool ok = line_types[i].read(reader, &scan, error);
        if (scan.failed)
            error_set(error, "broken %s line (%s)", line_types[i].type,
                      scan.reason ? scan.reason : "no JSON");
        return ok;
    }
    /* A newer version may write lines of other types. */
    while (json_next_key(&scan, &key))
        json_skip(&scan);
    return json_scan_done(&scan);
}
