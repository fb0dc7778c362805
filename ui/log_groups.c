#include "ui/log_groups.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "result/round_kept.h"

/* Texts of one kind of error in a round that stand on lines of their own. */
#define TEXTS_APART 20

static struct log_group *add_group(struct log_groups *groups, const char *kind, struct text text)
{
    if (groups->count == groups->capacity) {
        groups->capacity = groups->capacity ? groups->capacity * 2 : 32;
        groups->groups = xreallocarray(groups->groups, groups->capacity, sizeof *groups->groups);
    }
    struct log_group *group = &groups->groups[groups->count++];
    *group = (struct log_group){.text = xstrndup(text.data, text.size)};
    snprintf(group->kind, sizeof group->kind, "%s", kind);
    return group;
}

static void count_one(struct log_group *group, uint64_t at_ns, uint16_t level, uint16_t round)
{
    if (group->count && (group->level != level || group->round != round))
        group->many_rounds = true;
    if (group->count == 0 || at_ns < group->first_ns)
        group->first_ns = at_ns;
    if (group->count == 0 || at_ns >= group->last_ns) {
        group->last_ns = at_ns;
        group->level = level;
        group->round = round;
    }
    group->count++;
}

/* ---- messages ---- */

static void take_change(struct log_groups *groups, const struct change *change)
{
    for (uint32_t i = 0; i < groups->count; i++) {
        struct log_group *group = &groups->groups[i];
        /* Rounds begin and end once each, however alike that sounds. */
        bool same_round = group->level == change->level && group->round == change->round;
        if (!group->is_error && strcmp(group->kind, change->kind) == 0 &&
            strcmp(group->text, change->text) == 0 &&
            (same_round || strcmp(change->kind, "round") != 0)) {
            count_one(group, change->at_ns, change->level, change->round);
            return;
        }
    }
    count_one(add_group(groups, change->kind, text_of(change->text)), change->at_ns, change->level,
              change->round);
}

static void take_changes(struct log_groups *groups, const struct run *run)
{
    uint32_t count = changes_count(&run->changes);
    for (; groups->changes_read < count; groups->changes_read++) {
        const struct change *change = changes_at(&run->changes, groups->changes_read);
        if (groups->level == 0 || groups->level == change->level)
            take_change(groups, change);
    }
}

/* ---- requests that failed ---- */

static bool is_like(const struct log_group *group, const struct record *record)
{
    bool by_status = record->error == ERR_HTTP_STATUS;
    return group->is_error && group->error == record->error &&
           (!by_status || group->status == record->http_status) && group->level == record->level &&
           group->round == record->round;
}

/* By its text; beyond TEXTS_APART of them, as where each names its request, the rest are one. */
static struct log_group *find_error(struct log_groups *groups, const struct record *record)
{
    const char *text = record->error_text ? record->error_text : "";
    struct log_group *others = NULL;
    uint32_t alike = 0;
    for (uint32_t i = 0; i < groups->count; i++) {
        struct log_group *group = &groups->groups[i];
        if (!is_like(group, record))
            continue;
        if (strcmp(group->text, text) == 0)
            return group;
        alike++;
        if (group->others)
            others = group;
    }
    return alike >= TEXTS_APART ? others : NULL;
}

static void take_record(struct log_groups *groups, const struct record *record)
{
    if (record_succeeded(record) || record->error == ERR_CANCELLED)
        return;
    struct log_group *group = find_error(groups, record);
    if (!group) {
        uint32_t alike = 1;
        for (uint32_t i = 0; i < groups->count; i++)
            alike += is_like(&groups->groups[i], record);
        group = add_group(groups, error_class_name(record->error),
                          alike == TEXTS_APART ? TEXT("other texts, each its own")
                                               : text_of(record->error_text));
        group->others = alike == TEXTS_APART;
        group->is_error = true;
        group->error = record->error;
        group->status = record->http_status;
    }
    if (group->indices_known < LOG_INDICES)
        group->indices[group->indices_known++] = record->index;
    count_one(group, record->end_ns, record->level, record->round);
}

/* Of a round whose records went before they were looked at: what its figures tell of its errors. */
static void take_kept(struct log_groups *groups, const struct level *level,
                      const struct round *round)
{
    const struct summary *summary = &round->kept->summary;
    for (uint32_t i = 0; i < summary->error_count; i++) {
        struct error_group *error = &summary->errors[i];
        struct record first = {.index = error->first_index,
                               .level = level->number,
                               .round = round->number,
                               .error = (uint8_t)error->class,
                               .http_status = error->http_status,
                               .error_text = error->text,
                               .end_ns = round->end_ns};
        if (!find_error(groups, &first))
            take_record(groups, &first);
        struct log_group *group = find_error(groups, &first);
        if (group && group->count < error->count)
            group->count = error->count;
    }
}

static void take_records(struct log_groups *groups, const struct run *run)
{
    uint32_t levels = atomic_load_explicit(&run->level_count, memory_order_acquire), at = 0;
    for (uint32_t l = 0; l < levels; l++) {
        const struct level *level = run->levels[l];
        uint32_t rounds = atomic_load_explicit(&level->round_count, memory_order_acquire);
        for (uint32_t r = 0; r < level->rounds_planned; r++, at++) {
            if (at == groups->rounds_known) {
                groups->records_read =
                    xreallocarray(groups->records_read, at + 1u, sizeof *groups->records_read);
                groups->records_read[groups->rounds_known++] = 0;
            }
            uint32_t count = r < rounds ? round_record_count(&level->rounds[r]) : 0;
            uint32_t *read = &groups->records_read[at];
            if (groups->level && groups->level != level->number)
                continue;
            for (; *read < count; (*read)++)
                take_record(groups, &level->rounds[r].records[*read]);
            if (r < rounds && level->rounds[r].kept &&
                *read < round_done_count(&level->rounds[r])) {
                take_kept(groups, level, &level->rounds[r]);
                *read = round_done_count(&level->rounds[r]);
            }
        }
    }
}

/* ---- what others wrote to stderr ---- */

/* Messages of the run go there too; they stand among the changes already. */
static bool is_message(const struct run *run, struct text line)
{
    static const char *const prefixes[] = {"warning: ", "error: ", ""};
    uint32_t count = run ? changes_count(&run->changes) : 0;
    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
        size_t skip = strlen(prefixes[i]);
        if (!text_starts_with(line, prefixes[i]))
            continue;
        struct text said = {line.data + skip, line.size - skip};
        for (uint32_t j = count; j-- > 0;)
            if (text_is(said, changes_at(&run->changes, j)->text))
                return true;
    }
    return false;
}

static void take_stderr(struct log_groups *groups, const struct ui *ui)
{
    struct text rest = buffer_text(&ui->stderr_text), line;
    if (groups->stderr_read > rest.size)
        groups->stderr_read = 0;
    rest.data += groups->stderr_read;
    rest.size -= groups->stderr_read;
    while (memchr(rest.data, '\n', rest.size) && text_next_line(&rest, &line))
        if (text_trim(line).size && !is_message(ui->run, line))
            count_one(add_group(groups, "stderr", line), ui->now_ns, 0, 0);
    groups->stderr_read = ui->stderr_text.size - rest.size;
}

/* ---- all of it ---- */

static int newest_first(const void *left, const void *right)
{
    const struct log_group *a = left, *b = right;
    if (a->last_ns != b->last_ns)
        return a->last_ns < b->last_ns ? 1 : -1;
    int kinds = strcmp(a->kind, b->kind);
    return kinds ? kinds : strcmp(a->text, b->text);
}

void log_groups_update(struct log_groups *groups, const struct ui *ui)
{
    uint32_t changes = groups->changes_read, count = groups->count;
    uint64_t counted = 0, before = 0;
    for (uint32_t i = 0; i < count; i++)
        before += groups->groups[i].count;
    if (ui->run) {
        take_changes(groups, ui->run);
        take_records(groups, ui->run);
    }
    if (groups->level == 0)
        take_stderr(groups, ui);
    for (uint32_t i = 0; i < groups->count; i++)
        counted += groups->groups[i].count;
    if (groups->count > 1 && (counted != before || changes != groups->changes_read))
        qsort(groups->groups, groups->count, sizeof *groups->groups, newest_first);
}

void log_groups_free(struct log_groups *groups)
{
    for (uint32_t i = 0; i < groups->count; i++)
        free(groups->groups[i].text);
    free(groups->groups);
    free(groups->records_read);
    *groups = (struct log_groups){0};
}

/* ---- in words ---- */

enum role log_group_role(const struct log_group *group)
{
    static const struct {
        const char *kind;
        enum role role;
    } roles[] = {{"error", ROLE_BAD},   {"alarm", ROLE_BAD},  {"warning", ROLE_WARN},
                 {"stderr", ROLE_WARN}, {"load", ROLE_LOAD},  {"pause", ROLE_LOAD},
                 {"skip", ROLE_LOAD},   {"note", ROLE_TITLE}, {"level", ROLE_LOAD},
                 {"advice", ROLE_KEY}};
    if (group->is_error)
        return ROLE_BAD;
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
        if (strcmp(group->kind, roles[i].kind) == 0)
            return roles[i].role;
    return ROLE_TEXT;
}

/* What a JSON body says of an error, where it says it as servers do; else all of it. */
static void add_error_text(const char *text, struct buffer *out)
{
    static const char *const keys[] = {"message", "detail", "error"};
    cJSON *json = text[0] == '{' ? cJSON_Parse(text) : NULL;
    const cJSON *error = cJSON_GetObjectItem(json, "error");
    const cJSON *holder = cJSON_IsObject(error) ? error : json;
    const char *said = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(keys) && !said; i++)
        said = cJSON_GetStringValue(cJSON_GetObjectItem(holder, keys[i]));
    buffer_add_string(out, said ? said : text);
    cJSON_Delete(json);
}

void log_group_what(const struct log_group *group, struct buffer *out)
{
    if (group->is_error) {
        if (group->status && group->error == ERR_HTTP_STATUS)
            buffer_printf(out, "%u ", group->status);
        if (group->count == 1)
            buffer_printf(out, "request %u, L%u R%u", group->indices[0], group->level,
                          group->round);
        else
            buffer_printf(out, "in L%u R%u", group->level, group->round);
        if (group->text[0])
            buffer_add_string(out, ": ");
        add_error_text(group->text, out);
        return;
    }
    if (group->level && !group->many_rounds)
        buffer_printf(out, "L%u R%u ", group->level, group->round);
    buffer_add_string(out, group->text);
}

void log_group_advice(const struct log_group *group, struct buffer *out)
{
    static const struct {
        const char *kind, *advice;
    } kinds[] = {
        {"load",
         "Figures since then stand apart, as a segment, and the round enters no comparison."},
        {"pause", "The pause is left out of the duration, and so of every rate."},
        {"skip", "What was in flight counts as cancelled, and the rest as not sent."},
    };
    if (group->is_error) {
        buffer_add_string(out, error_class_advice(group->error));
        return;
    }
    if (text_starts_with(text_of(group->text), CHANGE_SERVER_DOWN))
        buffer_add_string(out, "Start it again: the run goes on by itself, and the round is marked "
                               "interrupted.");
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (strcmp(group->kind, kinds[i].kind) == 0)
            buffer_add_string(out, kinds[i].advice);
}
